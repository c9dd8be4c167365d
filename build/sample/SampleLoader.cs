using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sample;

// Tells a service the week through its public API. Every id and time follows from the files and the anchor, and the service keeps the anchor:
// a load that was broken off goes on with what is missing, and a complete one is not repeated.
internal sealed class SampleLoader(HttpClient http, SampleWeek week)
{
    public const string LogId = "sample-week";

    private const string Scopes = "conversations.read, conversations.write, followups.read and followups.write";
    private const string Detail = "detail";

    private static readonly Guid BegunId = new("019a0000-0000-8000-8000-000000000001");
    private static readonly Guid DoneId = new("019a0000-0000-8000-8000-000000000002");
    private static readonly TimeSpan Older = TimeSpan.FromDays(8);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly LoadReport report = new();
    private readonly HashSet<(string User, DateTimeOffset Due)> customBefore = [];

    public async Task UntilReadyAsync(CancellationToken cancellationToken = default)
    {
        var deadline = DateTimeOffset.UtcNow + TimeSpan.FromMinutes(2);
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync("/health/ready", cancellationToken);
                answer.EnsureSuccessStatusCode();
                return;
            }
            catch (HttpRequestException) when (DateTimeOffset.UtcNow < deadline)
            {
                await Task.Delay(200, cancellationToken);
            }
        }
    }

    // Why the week was not loaded, where a key is the reason; else null.
    public static string? WhyLeftOut(HttpRequestException refused, bool withKey) =>
        refused.StatusCode switch
        {
            HttpStatusCode.Unauthorized when !withKey =>
                "A key is needed here: the sample week is left out. FOLLOWUPS_KEY=... build/run loads it.",
            HttpStatusCode.Unauthorized =>
                "The key in FOLLOWUPS_KEY is unknown here, revoked or expired: the sample week is left out.",
            HttpStatusCode.Forbidden =>
                $"The sample week is left out, or not all of it is loaded. {refused.Data[Detail]} To load it a key needs {Scopes}.",
            _ => null,
        };

    // True for a service that holds no follow-up yet, or a part of this week.
    public async Task<bool> IsFirstAsync(CancellationToken cancellationToken = default)
    {
        var log = await LogAsync(cancellationToken);
        if (log.Anchor is not null)
        {
            return log.Done is null;
        }

        using var answer = await http.GetAsync("/api/v1/follow-ups?limit=1", cancellationToken);
        return (await ReadAsync(answer, cancellationToken)).GetProperty("items").GetArrayLength() == 0;
    }

    public async Task<LoadReport> LoadAsync(
        Action<int, int>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        var log = await LogAsync(cancellationToken);
        report.Anchor = log.Anchor ?? Now();
        if (log.Done is { } before)
        {
            report.Loaded = before;
            report.AlreadyThere = true;
            return report;
        }

        if (log.Anchor is null)
        {
            await WriteLogAsync(BegunId, "The sample week is loaded from here on.", cancellationToken);
        }
        else
        {
            // One may have been sent meanwhile, and its key would be free again.
            await foreach (var item in FollowUpsAsync("trigger=custom", cancellationToken))
            {
                customBefore.Add((Text(item, "userId"), Instant(item, "scheduledAt")));
            }
        }

        var steps = Steps().ToList();
        for (var i = 0; i < steps.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await steps[i](cancellationToken);
            progress?.Invoke(i + 1, steps.Count);
        }

        await WriteLogAsync(DoneId, "The sample week is loaded.", cancellationToken);
        report.Loaded = DateTimeOffset.UtcNow;
        return report;
    }

    // What has left of the week's follow-ups, each with its lateness; those that were due before they were told have none.
    public async Task<IReadOnlyList<TimeSpan?>> DeliveredAsync(CancellationToken cancellationToken = default)
    {
        var delivered = new List<TimeSpan?>();
        await foreach (var item in FollowUpsAsync("status=executed", cancellationToken))
        {
            var due = Instant(item, "scheduledAt");
            delivered.Add(due > report.Loaded ? Instant(item, "executedAt") - due : null);
        }

        return delivered;
    }

    public async Task<int> DueAsync(DateTimeOffset until, CancellationToken cancellationToken = default)
    {
        var to = Uri.EscapeDataString(until.ToString("O", CultureInfo.InvariantCulture));
        var due = 0;
        await foreach (var _ in FollowUpsAsync($"status=pending&to={to}", cancellationToken))
        {
            due++;
        }

        return due;
    }

    private IEnumerable<Func<CancellationToken, Task>> Steps()
    {
        yield return StoreOlderAsync;
        foreach (var conversation in week.Conversations)
        {
            var at = $"conversations/{conversation.Id}";
            foreach (var message in conversation.Messages.Where(message => !IsOlder(message)))
            {
                yield return stop => StoreAsync(conversation, message, stop);
            }

            foreach (var message in conversation.Messages.Where(message => message.LateScore is not null))
            {
                var url = $"{at}/messages/{message.Id(conversation.Id)}/emotion";
                var emotion = new { score = message.LateScore, label = message.Label };
                yield return stop => SendAsync(LoadReport.Changed, HttpMethod.Put, url, emotion, stop);
            }

            foreach (var booking in conversation.Bookings ?? [])
            {
                foreach (var step in booking.Steps)
                {
                    yield return stop => ReportAsync(conversation, booking, step, stop);
                }
            }

            foreach (var followUp in conversation.FollowUps ?? [])
            {
                yield return stop => ScheduleAsync(conversation, followUp, stop);
            }
        }
    }

    private bool IsOlder(SampleMessage message) => Moment.At(message.At, report.Anchor) < report.Anchor - Older;

    private object Body(SampleConversation conversation, SampleMessage message) =>
        new
        {
            conversationId = conversation.Id,
            id = message.Id(conversation.Id),
            userId = message.Anonymous ? null : conversation.UserId,
            role = message.Role,
            content = message.Content,
            channel = message.Channel,
            sentAt = Moment.At(message.At, report.Anchor),
            emotion = message.Score is { } score ? new { score, label = message.Label } : null,
        };

    private async Task StoreOlderAsync(CancellationToken cancellationToken)
    {
        var messages = week.Conversations.SelectMany(c => c.Messages.Where(IsOlder).Select(m => Body(c, m)));
        var (_, answer, took) = await AskAsync(HttpMethod.Post, "messages/batch", new { messages }, cancellationToken);
        report.Add(LoadReport.StoredInBatch, took, answer.GetProperty("stored").GetInt32());
        report.Add(LoadReport.Duplicates, null, answer.GetProperty("duplicates").GetInt32());
    }

    private async Task StoreAsync(
        SampleConversation conversation,
        SampleMessage message,
        CancellationToken cancellationToken
    )
    {
        var url = $"conversations/{conversation.Id}/messages";
        var (status, _, took) = await AskAsync(HttpMethod.Post, url, Body(conversation, message), cancellationToken);
        report.Add(status == HttpStatusCode.Created ? LoadReport.Stored : LoadReport.Duplicates, took);
    }

    private async Task ReportAsync(
        SampleConversation conversation,
        SampleBooking booking,
        SampleStep step,
        CancellationToken cancellationToken
    )
    {
        var url = $"bookings/{booking.Id}/{step.Step}";
        var occurredAt = Moment.At(step.At, report.Anchor);
        DateTimeOffset? eventAt = step.EventAt is { } words ? Moment.At(words, report.Anchor) : null;
        if (step.Step != "confirmed")
        {
            await SendAsync(LoadReport.Changed, HttpMethod.Post, url, new { eventAt, occurredAt }, cancellationToken);
            return;
        }

        await ScheduleAsync(
            url,
            new
            {
                userId = conversation.UserId,
                conversationId = conversation.Id,
                eventAt,
                occurredAt,
                message = step.Message,
            },
            cancellationToken
        );
    }

    private async Task ScheduleAsync(
        SampleConversation conversation,
        SampleFollowUp followUp,
        CancellationToken cancellationToken
    )
    {
        DateTimeOffset? due = followUp.ScheduledAt is { } words ? Moment.At(words, report.Anchor) : null;
        if (due is { } custom && customBefore.Contains((conversation.UserId, custom)))
        {
            report.Add(LoadReport.Duplicates, null);
            return;
        }

        await ScheduleAsync(
            "follow-ups",
            new
            {
                trigger = followUp.Trigger,
                userId = conversation.UserId,
                conversationId = conversation.Id,
                lastActivityAt = followUp.LastActivityAt is { } last
                    ? Moment.At(last, report.Anchor)
                    : default(DateTimeOffset?),
                scheduledAt = due,
                message = followUp.Message,
                dedupeKey = followUp.DedupeKey,
            },
            cancellationToken
        );
    }

    private async Task ScheduleAsync(string url, object body, CancellationToken cancellationToken)
    {
        var (_, answer, took) = await AskAsync(HttpMethod.Post, url, body, cancellationToken);
        var outcome = Text(answer, "outcome") switch
        {
            "scheduled" => LoadReport.Scheduled,
            "duplicate" => LoadReport.Duplicates,
            _ => LoadReport.Suppressed,
        };
        report.Add(outcome, took);
    }

    private async Task SendAsync(
        string row,
        HttpMethod method,
        string url,
        object body,
        CancellationToken cancellationToken
    )
    {
        var (_, _, took) = await AskAsync(method, url, body, cancellationToken);
        report.Add(row, took);
    }

    private async Task<(DateTimeOffset? Anchor, DateTimeOffset? Done)> LogAsync(CancellationToken cancellationToken)
    {
        using var answer = await http.GetAsync($"/api/v1/conversations/{LogId}/messages", cancellationToken);
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return (null, null);
        }

        var entries = (await ReadAsync(answer, cancellationToken)).GetProperty("items").EnumerateArray().ToList();
        var done = entries.Find(entry => entry.GetProperty("id").GetGuid() == DoneId);
        return (
            Instant(entries[0].GetProperty("metadata"), "anchor"),
            done.ValueKind == JsonValueKind.Undefined ? null : Instant(done, "sentAt")
        );
    }

    private async Task WriteLogAsync(Guid id, string content, CancellationToken cancellationToken) =>
        await AskAsync(
            HttpMethod.Post,
            $"conversations/{LogId}/messages",
            new
            {
                id,
                role = "system",
                content,
                metadata = new { anchor = report.Anchor },
            },
            cancellationToken
        );

    private async IAsyncEnumerable<JsonElement> FollowUpsAsync(
        string query,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        // The week's earliest follow-up is due well after this; what a service held before it is not read.
        var from = (report.Anchor - TimeSpan.FromDays(30)).ToString("O", CultureInfo.InvariantCulture);
        var users = week.Conversations.Select(c => c.UserId).ToHashSet();
        var url = $"/api/v1/follow-ups?{query}&from={Uri.EscapeDataString(from)}&limit=200";
        for (var cursor = ""; cursor is not null; )
        {
            var next = cursor.Length == 0 ? "" : $"&cursor={Uri.EscapeDataString(cursor)}";
            using var answer = await http.GetAsync(url + next, cancellationToken);
            var page = await ReadAsync(answer, cancellationToken);
            foreach (var item in page.GetProperty("items").EnumerateArray())
            {
                if (users.Contains(Text(item, "userId")))
                {
                    yield return item;
                }
            }

            cursor = page.GetProperty("nextCursor").GetString();
        }
    }

    private async Task<(HttpStatusCode Status, JsonElement Answer, TimeSpan Took)> AskAsync(
        HttpMethod method,
        string url,
        object body,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(method, $"/api/v1/{url}")
        {
            Content = JsonContent.Create(body, body.GetType(), options: Json),
        };
        var began = Stopwatch.GetTimestamp();
        using var answer = await http.SendAsync(request, cancellationToken);
        var took = Stopwatch.GetElapsedTime(began);
        return (answer.StatusCode, await ReadAsync(answer, cancellationToken), took);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (!answer.IsSuccessStatusCode)
        {
            var said = await answer.Content.ReadAsStringAsync(cancellationToken);
            var request = answer.RequestMessage!;
            var problem = new HttpRequestException(
                $"{request.Method} {request.RequestUri} answered {(int)answer.StatusCode}:\n{said}",
                inner: null,
                answer.StatusCode
            );
            if (answer.StatusCode == HttpStatusCode.Forbidden)
            {
                problem.Data[Detail] = JsonSerializer.Deserialize<JsonElement>(said).GetProperty("detail").GetString();
            }

            throw problem;
        }

        return await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
    }

    // Whole seconds, so that the anchor reads well in the log.
    private static DateTimeOffset Now() =>
        DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds());

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private static DateTimeOffset Instant(JsonElement json, string name) => json.GetProperty(name).GetDateTimeOffset();
}
