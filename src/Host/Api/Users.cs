using System.Text.Json;
using Conversations.Contracts;
using FollowUps.Contracts;
using Host.Access;
using Host.Idempotency;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Host.Api;

// What spans the modules: all that is held on a user, and its end.
internal static class Users
{
    public static void MapUsers(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1/users/{userId}").WithTags("Users").Needs(Scopes.Admin);
        api.MapGet("/export", Export).DisableRequestTimeout();
        api.MapDelete("", Erase);
    }

    public static ProblemHttpResult Gone(string detail) =>
        TypedResults.Problem(detail, statusCode: StatusCodes.Status410Gone);

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
        var followUps = await modules.Send(new ExportFollowUps(userId), cancellationToken);
        if (conversations.Items.Count == 0 && followUps is { Recipient: null, Bookings: [], FollowUps: [] })
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.ContentType = "application/json; charset=utf-8";
        await using var document = new Utf8JsonWriter(context.Response.BodyWriter);
        document.WriteStartObject();
        document.WriteString("userId", userId);
        await WriteAsync(document, userId, conversations, modules, json.Value.SerializerOptions, cancellationToken);
        await WriteAsync(document, userId, followUps, modules, json.Value.SerializerOptions, cancellationToken);
        await WriteRefusalsAsync(document, userId, modules, json.Value.SerializerOptions, cancellationToken);
        document.WriteEndObject();
        await document.FlushAsync(cancellationToken);
    }

    // The conversations first: once they are gone nothing that is sent or confirmed meanwhile comes back to them. Each part is one transaction
    // and harmless to repeat, so whoever was told of a failure asks again.
    private static async Task<IResult> Erase(
        string userId,
        ISender modules,
        StoredAnswers answers,
        CancellationToken cancellationToken
    )
    {
        // Before, while the conversations can still be found, and after, for what was answered meanwhile.
        var about = await MentionedAsync(userId, modules, cancellationToken);
        await answers.ForgetAsync(about, cancellationToken);
        var conversations = await modules.Send(new EraseConversations(userId), cancellationToken);
        var followUps = await modules.Send(new EraseFollowUps(userId), cancellationToken);
        await answers.ForgetAsync(about, cancellationToken);
        return TypedResults.Ok(
            new ErasedUser(
                conversations.Conversations,
                conversations.Messages,
                followUps.FollowUps,
                followUps.Deliveries,
                followUps.Bookings,
                followUps.Refusals,
                followUps.Recipients
            )
        );
    }

    private static async Task<List<string>> MentionedAsync(
        string userId,
        ISender modules,
        CancellationToken cancellationToken
    )
    {
        var ids = new List<string> { userId };
        for (var request = new ListConversations(userId, Limit: 200); ; )
        {
            var page = await modules.Send(request, cancellationToken);
            ids.AddRange(page.Items.Select(conversation => conversation.Id));
            if (page.Next is null)
            {
                return ids;
            }

            request = request with { After = page.Next };
        }
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

    private static async Task WriteAsync(
        Utf8JsonWriter document,
        string userId,
        FollowUpsExport page,
        ISender modules,
        JsonSerializerOptions json,
        CancellationToken cancellationToken
    )
    {
        document.WritePropertyName("recipient");
        JsonSerializer.Serialize(document, page.Recipient, json);
        document.WriteStartArray("bookings");
        var bookings = true;
        while (true)
        {
            foreach (var booking in page.Bookings)
            {
                JsonSerializer.Serialize(document, booking, json);
            }

            if (bookings && (page.FollowUps.Count > 0 || page.Next is null))
            {
                bookings = false;
                document.WriteEndArray();
                document.WriteStartArray("followUps");
            }

            foreach (var followUp in page.FollowUps)
            {
                JsonSerializer.Serialize(document, followUp, json);
            }

            await document.FlushAsync(cancellationToken);
            if (page.Next is null)
            {
                break;
            }

            page = await modules.Send(new ExportFollowUps(userId, After: page.Next), cancellationToken);
        }

        document.WriteEndArray();
    }

    private static async Task WriteRefusalsAsync(
        Utf8JsonWriter document,
        string userId,
        ISender modules,
        JsonSerializerOptions json,
        CancellationToken cancellationToken
    )
    {
        document.WriteStartArray("refusals");
        for (var request = new ListRefusals(userId, 200); ; )
        {
            var page = await modules.Send(request, cancellationToken);
            foreach (var refusal in page.Items)
            {
                JsonSerializer.Serialize(document, refusal, json);
            }

            await document.FlushAsync(cancellationToken);
            if (page.Next is null)
            {
                break;
            }

            request = request with { After = page.Next };
        }

        document.WriteEndArray();
    }

    // What Export writes, for the document. Each conversation there holds its messages too: OpenApiSetup adds them.
    /// <summary>All that is held on a customer.</summary>
    /// <param name="UserId">The customer.</param>
    /// <param name="Conversations">Their conversations, each with its messages.</param>
    /// <param name="Recipient">How they want to be reached, where that was put.</param>
    /// <param name="Bookings">What was reported of their bookings.</param>
    /// <param name="FollowUps">Their follow-ups, whatever became of them.</param>
    /// <param name="Refusals">What was asked for them and not scheduled.</param>
    internal sealed record UserExport(
        string UserId,
        IReadOnlyList<Conversation> Conversations,
        Recipient? Recipient,
        IReadOnlyList<ExportedBooking> Bookings,
        IReadOnlyList<ExportedFollowUp> FollowUps,
        IReadOnlyList<Refusal> Refusals
    );

    /// <summary>How much was erased.</summary>
    /// <param name="Conversations">How many conversations were erased; like all counts here 0 when repeated.</param>
    /// <param name="Messages">How many messages.</param>
    /// <param name="FollowUps">How many follow-ups.</param>
    /// <param name="Deliveries">How many deliveries in the outbox.</param>
    /// <param name="Bookings">How many bookings.</param>
    /// <param name="Refusals">How many refusals.</param>
    /// <param name="Recipients">How many recipients.</param>
    internal sealed record ErasedUser(
        long Conversations,
        long Messages,
        long FollowUps,
        long Deliveries,
        long Bookings,
        long Refusals,
        long Recipients
    );
}
