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
        var emotion = message.Emotion is { Score: null, Label: null, Detected: null } ? null : message.Emotion;
        return new Message
        {
            Id = message.Id ?? Guid.CreateVersion7(now),
            ConversationId = message.ConversationId,
            UserId = message.UserId,
            Role = message.Role!.Value,
            Content = content,
            Channel = message.Channel ?? "api",
            SentAt = Instants.ToMicrosecond(message.SentAt ?? now),
            Emotion = emotion,
            Metadata = message.Metadata,
            Usage = message.Usage is { InputTokens: null, OutputTokens: null } ? null : message.Usage,
            TokenCount = message.Usage?.OutputTokens ?? TokenCounter.Count(content),
            ToolCalls = message.ToolCalls,
            ToolResults = message.ToolResults,
        };
    }

    private static bool SameContent(NewMessage one, NewMessage other) =>
        one.Role == other.Role
        && (one.Content ?? "") == (other.Content ?? "")
        && one.UserId == other.UserId
        && (one.Channel ?? "api") == (other.Channel ?? "api")
        && (one.SentAt is null || other.SentAt is null || one.SentAt == other.SentAt)
        && one.Emotion?.Score == other.Emotion?.Score
        && one.Emotion?.Label == other.Emotion?.Label
        && (one.Emotion?.Detected ?? []).SequenceEqual(other.Emotion?.Detected ?? []);
}
