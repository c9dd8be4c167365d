using System.Text.Json;
using Conversations.Contracts;

namespace Conversations.Messages;

internal static class ToolExchanges
{
    // How the model makers call what ties a result to its call. A call's own id may stand beside it and is looked at last.
    private static readonly string[] IdNames =
    [
        "toolCallId",
        "tool_call_id",
        "callId",
        "call_id",
        "toolUseId",
        "tool_use_id",
        "id",
    ];

    // A tool's message answers the calls whose ids it names, or else the nearest call before it. Models refuse an answer without its call: where
    // the window begins between the two, the answer goes too, and with it the other calls that it answers.
    public static List<Message> Whole(List<Message> oldestFirst)
    {
        var kept = oldestFirst;
        while (Parted(kept) is { Count: > 0 } parted)
        {
            kept = kept.FindAll(message => !parted.Contains(message));
        }

        return kept;
    }

    private static HashSet<Message> Parted(List<Message> messages)
    {
        var parted = new HashSet<Message>(ReferenceEqualityComparer.Instance);
        var calls = new Dictionary<string, Message>(StringComparer.Ordinal);
        var nearest = Nearest.None;
        foreach (var message in messages)
        {
            if (message is { Role: not MessageRole.System, ToolCalls: { } called })
            {
                var ids = Ids(called);
                ids.ForEach(id => calls[id] = message);
                nearest = ids.Count == 0 ? Nearest.Nameless : Nearest.Named;
            }
            else if (Answers(message))
            {
                var ids = message.ToolResults is { } results ? Ids(results) : [];
                var whole = nearest switch
                {
                    Nearest.None => false,
                    Nearest.Nameless => true,
                    _ => ids.TrueForAll(calls.ContainsKey),
                };
                if (!whole)
                {
                    parted.Add(message);
                    parted.UnionWith(ids.Where(calls.ContainsKey).Select(id => calls[id]));
                }
            }
        }

        return parted;
    }

    private static bool Answers(Message message) =>
        message.ToolCalls is null && (message.Role == MessageRole.Tool || message.ToolResults is not null);

    private static List<string> Ids(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.Array => [.. json.EnumerateArray().Select(Id).OfType<string>()],
            JsonValueKind.Object when Id(json) is { } id => [id],
            _ => [],
        };

    private static string? Id(JsonElement item) =>
        item.ValueKind != JsonValueKind.Object
            ? null
            : IdNames
                .Select(name =>
                    item.TryGetProperty(name, out var id) && id.ValueKind == JsonValueKind.String
                        ? id.GetString()
                        : null
                )
                .FirstOrDefault(id => id is not null);

    private enum Nearest
    {
        None,
        Nameless,
        Named,
    }
}
