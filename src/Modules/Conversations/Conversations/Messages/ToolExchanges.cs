using Conversations.Contracts;

namespace Conversations.Messages;

internal static class ToolExchanges
{
    // A tool's message answers the nearest call before it. Models refuse an answer without its call, so where the window begins between the
    // two, the answer goes too.
    public static List<Message> Whole(List<Message> oldestFirst)
    {
        var firstCall = oldestFirst.FindIndex(m => m is { Role: not MessageRole.System, ToolCalls: not null });
        return [.. oldestFirst.Where((m, i) => !Answers(m) || (firstCall >= 0 && i > firstCall))];
    }

    private static bool Answers(Message message) =>
        message.ToolCalls is null && (message.Role == MessageRole.Tool || message.ToolResults is not null);
}
