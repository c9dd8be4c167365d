using System.Net.Http.Json;
using System.Text.Json;
using Conversations.Contracts;
using FluentValidation;
using FollowUps.Contracts;
using Testing;

namespace Host.Tests.Api;

public sealed class PerformanceTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_operation_is_counted_beside_its_target()
    {
        var id = Some.Id();
        await host.Modules.Send(new StoreMessages([Some.Message(id)]), Token);
        await host.Modules.Send(new StoreMessages([Some.Message(id), Some.Message(id)]), Token);
        await host.Modules.Send(new GetEmotionHistory(id), Token);
        await host.Modules.Send(new GetEmotionHistory(id), Token);
        var followUp = new NewFollowUp { Trigger = FollowUpTrigger.EmotionBased, UserId = id };
        for (var i = 0; i < 3; i++)
        {
            await host.Modules.Send(new ScheduleFollowUps([followUp]), Token);
        }

        // What is refused at once took no time that counts.
        await Assert.ThrowsAsync<ValidationException>(() => host.Modules.Send(new GetEmotionHistory(id, 0), Token));

        var report = await host.Http.GetFromJsonAsync<JsonElement>("/api/v1/performance", Token);

        Assert.Equal(
            (300, "ms"),
            (report.GetProperty("windowSeconds").GetInt32(), report.GetProperty("unit").GetString())
        );
        var operations = report.GetProperty("operations");
        Assert.Equal(
            [
                ("store_message", 400, 1),
                ("duplicate_check", 80, 3),
                ("emotion_history", 40, 2),
                ("schedule_followup", 280, 3),
            ],
            operations
                .EnumerateObject()
                .Select(o =>
                    (o.Name, o.Value.GetProperty("target").GetInt32(), o.Value.GetProperty("count").GetInt32())
                )
        );
        Assert.All(
            operations.EnumerateObject(),
            operation =>
            {
                double Figure(string name) => operation.Value.GetProperty(name).GetDouble();
                Assert.True(0 < Figure("p50") && Figure("p50") <= Figure("p95") && Figure("p95") <= Figure("p99"));
                Assert.True(Figure("average") > 0);
                Assert.Equal(
                    Figure("p95") <= Figure("target"),
                    operation.Value.GetProperty("withinTarget").GetBoolean()
                );
            }
        );
        Assert.True(
            operations.GetProperty("duplicate_check").GetProperty("p50").GetDouble()
                < operations.GetProperty("schedule_followup").GetProperty("p50").GetDouble()
        );
    }
}
