using Conversations.Contracts;

namespace Conversations.Messages;

// Messages as they go to the database: each id once, in key order.
internal sealed class Arrivals
{
    private Arrivals(Message[] distinct, DateTimeOffset?[] givenSentAt, int[] slots, int? conflict)
    {
        Distinct = distinct;
        GivenSentAt = givenSentAt;
        Slots = slots;
        Conflict = conflict;
    }

    public IReadOnlyList<Message> Distinct { get; }

    public IReadOnlyList<DateTimeOffset?> GivenSentAt { get; }

    // Where in Distinct the message of each place in the request stands.
    public IReadOnlyList<int> Slots { get; }

    // The place of a message whose id stands in the request before with other content.
    public int? Conflict { get; }

    public int IndexOf(int slot) => Slots.ToList().IndexOf(slot);

    public static Arrivals Of(IReadOnlyList<NewMessage> messages, DateTimeOffset now)
    {
        var firsts = new Dictionary<(string, Guid), int>(messages.Count);
        var accepted = new List<(Message Message, DateTimeOffset? SentAt, int First)>(messages.Count);
        var places = new int[messages.Count];
        for (var i = 0; i < messages.Count; i++)
        {
            var message = Accept(messages[i], now);
            if (firsts.TryGetValue((message.ConversationId, message.Id), out var first))
            {
                if (!SameContent(messages[accepted[first].First], messages[i]))
                {
                    return new Arrivals([], [], [], i);
                }

                places[i] = first;
                continue;
            }

            places[i] = accepted.Count;
            firsts.Add((message.ConversationId, message.Id), accepted.Count);
            accepted.Add((message, messages[i].SentAt is null ? null : message.SentAt, i));
        }

        var order = Enumerable.Range(0, accepted.Count).ToArray();
        Array.Sort(
            order,
            (a, b) =>
                string.CompareOrdinal(accepted[a].Message.ConversationId, accepted[b].Message.ConversationId)
                    is var c
                        and not 0
                    ? c
                    : accepted[a].Message.Id.CompareTo(accepted[b].Message.Id)
        );

        var slots = new int[accepted.Count];
        for (var slot = 0; slot < order.Length; slot++)
        {
            slots[order[slot]] = slot;
        }

        return new Arrivals(
            Array.ConvertAll(order, at => accepted[at].Message),
            Array.ConvertAll(order, at => accepted[at].SentAt),
            Array.ConvertAll(places, place => slots[place]),
            null
        );
    }

    private static Message Accept(NewMessage message, DateTimeOffset now)
    {
        var content = message.Content ?? "";
        return new Message
        {
            Id = message.Id ?? Guid.CreateVersion7(now),
            ConversationId = message.ConversationId,
            UserId = message.UserId,
            Role = message.Role!.Value,
            Content = content,
            Channel = message.Channel ?? "api",
            SentAt = Instants.ToMicrosecond(message.SentAt ?? now),
            Emotion = Said(message.Emotion),
            Metadata = message.Metadata,
            Usage = message.Usage is { InputTokens: null, OutputTokens: null } ? null : message.Usage,
            TokenCount = message.Usage?.OutputTokens ?? Tokens(message, content),
            ToolCalls = message.ToolCalls,
            ToolResults = message.ToolResults,
        };
    }

    // What a model will be given: the calls and their results weigh as well.
    private static int Tokens(NewMessage message, string content) =>
        TokenCounter.Count(content)
        + (message.ToolCalls is { } calls ? TokenCounter.Count(calls.GetRawText()) : 0)
        + (message.ToolResults is { } results ? TokenCounter.Count(results.GetRawText()) : 0);

    // An emotion that says nothing is none.
    private static Emotion? Said(Emotion? emotion) =>
        emotion switch
        {
            { Score: null, Label: null, Detected: null or [] } => null,
            { Detected: [] } => emotion with { Detected = null },
            _ => emotion,
        };

    private static bool SameContent(NewMessage one, NewMessage other) =>
        one.Role == other.Role
        && (one.Content ?? "") == (other.Content ?? "")
        && one.UserId == other.UserId
        && (one.Channel ?? "api") == (other.Channel ?? "api")
        && (
            one.SentAt is not { } at
            || other.SentAt is not { } otherAt
            || Instants.ToMicrosecond(at) == Instants.ToMicrosecond(otherAt)
        )
        && one.Emotion?.Score == other.Emotion?.Score
        && one.Emotion?.Label == other.Emotion?.Label
        && (one.Emotion?.Detected ?? []).SequenceEqual(other.Emotion?.Detected ?? []);
}
