using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Testing;

namespace Host.Tests.Api;

public sealed class BookingsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<(HttpStatusCode Status, JsonElement Body)> Post(string url, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        var answer = await host.Http.PostAsync($"/api/v1/bookings/{url}", content, Token);
        return (answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>(Token));
    }

    private static string Confirmation(string user, string conversation) =>
        $$"""{"userId":"{{user}}","conversationId":"{{conversation}}","eventAt":"2031-11-05T18:00:00+01:00"}""";

    [Fact]
    public async Task Confirmed_is_201_with_message_conversation_and_follow_up_and_its_repetition_200()
    {
        var (booking, body) = (Some.Id(), Confirmation(Some.Id(), Some.Id()));

        var first = await Post($"{booking}/confirmed", body);
        var again = await Post($"{booking}/confirmed", body);

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (first.Status, again.Status));
        Assert.Equal("scheduled", first.Body.GetProperty("outcome").GetString());
        Assert.Equal("duplicate", again.Body.GetProperty("outcome").GetString());
        Assert.Equal(1, again.Body.GetProperty("conversation").GetProperty("messageCount").GetInt32());
        Assert.Equal(
            first.Body.GetProperty("followUp").GetProperty("id").GetString(),
            again.Body.GetProperty("followUp").GetProperty("id").GetString()
        );
    }

    [Fact]
    public async Task Conversation_of_another_user_is_409()
    {
        var conversation = Some.Id();
        await Post($"{Some.Id()}/confirmed", Confirmation(Some.Id(), conversation));

        var (status, problem) = await Post($"{Some.Id()}/confirmed", Confirmation(Some.Id(), conversation));

        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.True(problem.GetProperty("errors").TryGetProperty("userId", out _));
    }

    [Theory]
    [InlineData("cancelled", "", "cancelled")]
    [InlineData("completed", "{}", "completed")]
    [InlineData("no-show", """{"occurredAt":"2031-11-05T18:00:00Z"}""", "no_show")]
    [InlineData("rescheduled", """{"eventAt":"2031-11-05T18:00:00Z"}""", "rescheduled")]
    public async Task Report_on_an_unknown_booking_is_kept(string report, string body, string state)
    {
        var booking = Some.Id();

        var (status, result) = await Post($"{booking}/{report}", body);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(
            (booking, state, 0),
            (
                result.GetProperty("bookingId").GetString(),
                result.GetProperty("state").GetString(),
                result.GetProperty("followUps").GetInt32()
            )
        );
    }

    [Theory]
    [InlineData("confirmed", """{"conversationId":"c","eventAt":"2031-11-05T18:00:00Z"}""", "userId")]
    [InlineData("confirmed", """{"userId":"u","eventAt":"2031-11-05T18:00:00Z"}""", "conversationId")]
    [InlineData("confirmed", """{"userId":"u","conversationId":"c"}""", "eventAt")]
    [InlineData("confirmed", """{"userId":"u","conversationId":"c","eventAt":"2031-11-05T18:00:00"}""", "eventAt")]
    [InlineData("rescheduled", "{}", "eventAt")]
    [InlineData("cancelled", """{"occurredAt":"yesterday"}""", "occurredAt")]
    public async Task Bad_input_names_the_field(string report, string body, string field)
    {
        var (status, problem) = await Post($"{Some.Id()}/{report}", body);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal([field], problem.GetProperty("errors").EnumerateObject().Select(error => error.Name));
    }
}
