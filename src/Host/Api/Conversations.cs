using System.Text.Json;
using Conversations.Contracts;
using FluentValidation;
using Host.Access;
using Host.Pipeline;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Host.Api;

internal static class Conversations
{
    public static void MapConversations(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1").WithTags("Conversations").Needs(Scopes.Conversations);
        api.MapPost("/conversations/{conversationId}/messages", StoreOne).WithMetadata(new SingleItem("messages"));
        api.MapPost("/messages/batch", StoreMany);
        api.MapGet("/messages/search", Search);
        api.MapGet("/conversations", List);
        api.MapGet("/conversations/statistics", Statistics);
        api.MapGet("/conversations/{conversationId}", Get);
        api.MapPatch("/conversations/{conversationId}", Patch);
        api.MapPost("/conversations/{conversationId}/escalation", Escalate);
        api.MapDelete("/conversations/{conversationId}/escalation", Resolve);
        api.MapPost("/conversations/{conversationId}/close", Close);
        api.MapPost("/conversations/{conversationId}/reopen", Reopen);
        api.MapGet("/conversations/{conversationId}/messages", History);
        api.MapGet("/conversations/{conversationId}/emotion-history", EmotionHistory);
        api.MapGet("/conversations/{conversationId}/context-window", Window);
        api.MapPut("/conversations/{conversationId}/messages/{messageId:uuid}/emotion", SetEmotion);
        api.MapGet("/users/{userId}/messages", Timeline);
    }

    private static async Task<IResult> StoreOne(
        string conversationId,
        NewMessage message,
        ISender modules,
        CancellationToken cancellationToken
    )
    {
        var result = await modules.Send(
            new StoreMessages([message with { ConversationId = conversationId }]),
            cancellationToken
        );
        return result.Refusal is { } refusal
            ? Refused(refusal, "", message)
            : TypedResults.Json(
                new StoredMessage(result.Messages[0], result.Conversations[0]),
                statusCode: result.Stored == 1 ? StatusCodes.Status201Created : StatusCodes.Status200OK
            );
    }

    private static async Task<IResult> StoreMany(
        StoreMessages batch,
        ISender modules,
        CancellationToken cancellationToken
    )
    {
        var result = await modules.Send(batch, cancellationToken);
        return result.Refusal is { } refusal
            ? Refused(refusal, $"messages[{refusal.Index}].", batch.Messages[refusal.Index])
            : TypedResults.Ok(new StoredBatch(result.Stored, result.Duplicates));
    }

    private static async Task<IResult> Get(
        string conversationId,
        ISender modules,
        CancellationToken cancellationToken
    ) => Found(await modules.Send(new GetConversation(conversationId), cancellationToken));

    private static Task<IResult> Patch(
        string conversationId,
        ConversationPatch patch,
        ISender modules,
        CancellationToken cancellationToken
    ) => Change(conversationId, new MergeContext(conversationId, patch.Context), modules, cancellationToken);

    private static Task<IResult> Escalate(
        string conversationId,
        Because? body,
        ISender modules,
        CancellationToken cancellationToken
    ) => Change(conversationId, new EscalateConversation(conversationId, body?.Reason), modules, cancellationToken);

    private static Task<IResult> Resolve(string conversationId, ISender modules, CancellationToken cancellationToken) =>
        Change(conversationId, new ResolveEscalation(conversationId), modules, cancellationToken);

    private static Task<IResult> Close(
        string conversationId,
        Because? body,
        ISender modules,
        CancellationToken cancellationToken
    ) => Change(conversationId, new CloseConversation(conversationId, body?.Reason), modules, cancellationToken);

    private static Task<IResult> Reopen(
        string conversationId,
        Because? body,
        ISender modules,
        CancellationToken cancellationToken
    ) => Change(conversationId, new ReopenConversation(conversationId, body?.Reason), modules, cancellationToken);

    private static async Task<IResult> History(
        string conversationId,
        ISender modules,
        CancellationToken cancellationToken,
        string order = "asc",
        int limit = 50,
        string? cursor = null
    ) =>
        await modules.Send(
            new GetMessages(conversationId, Descending(order), limit, Cursor.Read<MessageKey>(cursor)),
            cancellationToken
        )
            is { } page
            ? TypedResults.Ok(new Page<Message>(page.Items, Cursor.Write(page.Next)))
            : TypedResults.NotFound();

    private static async Task<IResult> EmotionHistory(
        string conversationId,
        ISender modules,
        CancellationToken cancellationToken,
        int limit = 10
    ) =>
        await modules.Send(new GetEmotionHistory(conversationId, limit), cancellationToken) is { } history
            ? TypedResults.Ok(new Page<ScoredMessage>(history, null))
            : TypedResults.NotFound();

    private static async Task<IResult> Window(
        string conversationId,
        ISender modules,
        CancellationToken cancellationToken,
        int maxTokens = 4000,
        bool keepSystem = false
    ) =>
        await modules.Send(new GetContextWindow(conversationId, maxTokens, keepSystem), cancellationToken) is { } window
            ? TypedResults.Ok(window)
            : TypedResults.NotFound();

    private static async Task<IResult> Timeline(
        string userId,
        ISender modules,
        CancellationToken cancellationToken,
        string? channel = null,
        string? since = null,
        string order = "asc",
        int limit = 50,
        string? cursor = null
    ) =>
        await modules.Send(
            new GetUserMessages(
                userId,
                channel,
                Query.Instant(nameof(since), since),
                Descending(order),
                limit,
                Cursor.Read<TimelineKey>(cursor)
            ),
            cancellationToken
        )
            is { } page
            ? TypedResults.Ok(new Page<Message>(page.Items, Cursor.Write(page.Next)))
            : TypedResults.NotFound();

    private static async Task<IResult> List(
        ISender modules,
        CancellationToken cancellationToken,
        string? userId = null,
        bool? escalated = null,
        bool? active = null,
        string? channel = null,
        string? since = null,
        int limit = 50,
        string? cursor = null
    )
    {
        var page = await modules.Send(
            new ListConversations(
                userId,
                escalated,
                active,
                channel,
                Query.Instant(nameof(since), since),
                limit,
                Cursor.Read<ConversationKey>(cursor)
            ),
            cancellationToken
        );
        return TypedResults.Ok(new Page<Conversation>(page.Items, Cursor.Write(page.Next)));
    }

    private static async Task<IResult> Statistics(
        ISender modules,
        CancellationToken cancellationToken,
        string? userId = null,
        int days = 30
    ) => TypedResults.Ok(await modules.Send(new GetConversationStatistics(userId, days), cancellationToken));

    private static async Task<IResult> Search(
        ISender modules,
        CancellationToken cancellationToken,
        string? q = null,
        string? userId = null,
        int limit = 50,
        string? cursor = null
    )
    {
        var page = await modules.Send(
            new SearchMessages(q ?? "", userId, limit, Cursor.Read<MatchKey>(cursor)),
            cancellationToken
        );
        return TypedResults.Ok(new Page<MessageMatch>(page.Items, Cursor.Write(page.Next)));
    }

    private static async Task<IResult> SetEmotion(
        string conversationId,
        Guid messageId,
        LateScore emotion,
        ISender modules,
        CancellationToken cancellationToken
    ) =>
        await modules.Send(
            new SetMessageEmotion(conversationId, messageId, emotion.Score, emotion.Label, emotion.Detected!),
            cancellationToken
        )
            is { } result
            ? TypedResults.Ok(result)
            : await Missing(conversationId, modules, cancellationToken);

    // What is written to an erased conversation is refused for good.
    private static async Task<IResult> Missing(
        string conversationId,
        ISender modules,
        CancellationToken cancellationToken
    ) =>
        await modules.Send(new IsConversationErased(conversationId), cancellationToken)
            ? Users.Gone("The conversation has been erased.")
            : TypedResults.NotFound();

    private static async Task<IResult> Change(
        string conversationId,
        IRequest<Conversation?> change,
        ISender modules,
        CancellationToken cancellationToken
    ) =>
        await modules.Send(change, cancellationToken) is { } conversation
            ? TypedResults.Ok(conversation)
            : await Missing(conversationId, modules, cancellationToken);

    private static IResult Found(Conversation? conversation) =>
        conversation is null ? TypedResults.NotFound() : TypedResults.Ok(conversation);

    private static ProblemHttpResult Refused(StoreRefusal refusal, string at, NewMessage message) =>
        refusal.Reason switch
        {
            StoreRefusalReason.Erased => Users.Gone("The user of this message, or its conversation, has been erased."),
            StoreRefusalReason.OtherOwner => Conflict(
                "The conversation belongs to another user.",
                $"{at}userId",
                message.Id
            ),
            _ => Conflict(
                $"A message with the id {message.Id} and other content is in the conversation already.",
                $"{at}id",
                message.Id
            ),
        };

    // The id as a member of its own: who sent thousands looks it up, and reads no prose.
    private static ProblemHttpResult Conflict(string detail, string field, Guid? messageId) =>
        TypedResults.Problem(
            detail,
            statusCode: StatusCodes.Status409Conflict,
            extensions: new Dictionary<string, object?>
            {
                ["errors"] = new Dictionary<string, string[]> { [field] = [detail] },
                ["messageId"] = messageId,
            }
        );

    private static bool Descending(string order) =>
        order switch
        {
            "asc" => false,
            "desc" => true,
            _ => throw new ValidationException([new("order", "It must be asc or desc.")]),
        };

    /// <summary>A change of a conversation.</summary>
    /// <param name="Context">A JSON object, merged by RFC 7396: null removes a key, objects merge, all else replaces. Neither it nor
    /// what comes of it is larger than 64 KiB (option <c>Conversations:MaxJsonBytes</c>).</param>
    private sealed record ConversationPatch(JsonElement? Context);

    /// <summary>What a scorer read in a message, said later or anew.</summary>
    /// <param name="Score">From 0 (worst) to 1 (best).</param>
    /// <param name="Label">The scorer's word for it: 1 to 32 characters.</param>
    /// <param name="Detected">All that it found: at most 32 labels of 1 to 32 characters.</param>
    private sealed record LateScore(double? Score, string? Label, IReadOnlyList<string?>? Detected);

    /// <summary>Why it is done.</summary>
    /// <param name="Reason">Why, in the caller's words: 1 to 1000 characters.</param>
    private sealed record Because(string? Reason);

    /// <summary>A message that was stored, and its conversation.</summary>
    /// <param name="Message">As it is stored.</param>
    /// <param name="Conversation">As it is after it.</param>
    internal sealed record StoredMessage(Message Message, Conversation Conversation);

    /// <summary>What became of a batch of messages.</summary>
    /// <param name="Stored">How many are new.</param>
    /// <param name="Duplicates">How many were stored already.</param>
    internal sealed record StoredBatch(int Stored, int Duplicates);
}
