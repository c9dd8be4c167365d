using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Benchmarks.Ways;
using Conversations.Contracts;
using Host.Pipeline;

namespace Benchmarks.Micro;

// The JSON of a stored message and its conversation, both ways.
public class Answering
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerOptions.Web)
    {
        AllowDuplicateProperties = false,
        Converters = { new EnumWordConverter(), new OffsetDateTimeConverter(), new DurationConverter() },
    };

    private readonly object answer = new
    {
        message = new Message
        {
            Id = Guid.CreateVersion7(),
            ConversationId = "c-1",
            UserId = "anna",
            Role = MessageRole.User,
            Content = Samples.Content,
            Channel = "web",
            SentAt = Samples.EventAt,
            Emotion = new(0.8, "joy"),
            TokenCount = 28,
        },
        conversation = new Conversation
        {
            Id = "c-1",
            UserId = "anna",
            MessageCount = 12,
            AverageEmotionScore = 0.62,
            EmotionTrend = EmotionTrend.Improving,
            LastMessageAt = Samples.EventAt,
            LastActivityAt = Samples.EventAt,
            Channels = ["web"],
            CreatedAt = Samples.EventAt,
        },
    };

    private byte[] request = [];

    [GlobalSetup]
    public void Prepare() => request = JsonSerializer.SerializeToUtf8Bytes(Samples.Message("", "anna", 0.8), Json);

    [Benchmark]
    public byte[] WriteAnswer() => JsonSerializer.SerializeToUtf8Bytes(answer, Json);

    [Benchmark]
    public NewMessage? ReadRequest() => JsonSerializer.Deserialize<NewMessage>(request, Json);
}
