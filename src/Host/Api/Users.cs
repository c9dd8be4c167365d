using System.Text.Json;
using Conversations.Contracts;
using MediatR;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Host.Api;

// What spans the modules: all that is held on a user, and its end.
internal static class Users
{
    public static void MapUsers(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1/users/{userId}").WithTags("Users");
        api.MapGet("/export", Export);
        api.MapDelete("", Erase);
    }

    // Page by page from the database to the caller: nobody is held in memory whole.
    private static async Task Export(
        string userId,
        ISender modules,
        IOptions<JsonOptions> json,
        HttpContext context,
        CancellationToken cancellationToken
    )
    {
        var conversations = await modules.Send(new ExportConversations(userId), cancellationToken);
        if (conversations.Items.Count == 0)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.ContentType = "application/json; charset=utf-8";
        await using var document = new Utf8JsonWriter(context.Response.BodyWriter);
        document.WriteStartObject();
        await WriteAsync(document, userId, conversations, modules, json.Value.SerializerOptions, cancellationToken);
        document.WriteEndObject();
        await document.FlushAsync(cancellationToken);
    }

    private static async Task<IResult> Erase(string userId, ISender modules, CancellationToken cancellationToken)
    {
        var conversations = await modules.Send(new EraseConversations(userId), cancellationToken);
        return TypedResults.Ok(new ErasedUser(conversations.Conversations, conversations.Messages));
    }

    private static async Task WriteAsync(
        Utf8JsonWriter document,
        string userId,
        ConversationsExport page,
        ISender modules,
        JsonSerializerOptions json,
        CancellationToken cancellationToken
    )
    {
        string? open = null;
        document.WriteStartArray("conversations");
        while (true)
        {
            foreach (var (conversation, messages) in page.Items)
            {
                if (conversation.Id != open)
                {
                    Close();
                    document.WriteStartObject();
                    foreach (var member in JsonSerializer.SerializeToElement(conversation, json).EnumerateObject())
                    {
                        member.WriteTo(document);
                    }

                    document.WriteStartArray("messages");
                    open = conversation.Id;
                }

                foreach (var message in messages)
                {
                    JsonSerializer.Serialize(document, message, json);
                }
            }

            await document.FlushAsync(cancellationToken);
            if (page.Next is null)
            {
                break;
            }

            page = await modules.Send(new ExportConversations(userId, After: page.Next), cancellationToken);
        }

        Close();
        document.WriteEndArray();

        void Close()
        {
            if (open is not null)
            {
                document.WriteEndArray();
                document.WriteEndObject();
            }
        }
    }

    private sealed record ErasedUser(long Conversations, long Messages);
}
