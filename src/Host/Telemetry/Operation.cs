using System.Text.Json;
using Conversations.Contracts;
using FollowUps.Contracts;

namespace Host.Telemetry;

// What a request is called wherever it is measured: its own name, but for a single write, which is a bulk of one and costs like one.
internal static class Operation
{
    public const string StoreMessage = "store_message";
    public const string EmotionHistory = "emotion_history";
    public const string ScheduleFollowUp = "schedule_followup";

    public static string NameOf<TRequest>(TRequest request) =>
        request switch
        {
            StoreMessages { Messages.Count: 1 } => StoreMessage,
            ScheduleFollowUps { FollowUps.Count: 1 } => ScheduleFollowUp,
            GetEmotionHistory => EmotionHistory,
            _ => NameOfType<TRequest>.Value,
        };

    private static class NameOfType<TRequest>
    {
        public static readonly string Value = JsonNamingPolicy.SnakeCaseLower.ConvertName(typeof(TRequest).Name);
    }
}
