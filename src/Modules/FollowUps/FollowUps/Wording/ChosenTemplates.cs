using System.Collections.Concurrent;
using FollowUps.Contracts;
using FollowUps.Data;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Wording;

internal readonly record struct ChosenTemplate(Guid FollowUpId, string TemplateId, FollowUpMood Mood);

// The mood is read beside the insert, not before it, so the template that it chooses is written down a moment later, off the caller's path.
// A crash may lose that: the sending chooses again anyway.
internal sealed partial class ChosenTemplates(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    TimeProvider clock,
    ILogger<ChosenTemplates> logger
) : BackgroundService
{
    private const int Most = 100_000;

    // A reader that asked before the choice was written may look here after it was.
    private static readonly TimeSpan KeptAfterWriting = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Guid, ChosenTemplate> newest = new();
    private readonly ConcurrentQueue<ChosenTemplate> waiting = new();
    private readonly Queue<(long WrittenAt, ChosenTemplate[] Choices)> written = new();
    private readonly SemaphoreSlim filled = new(0, 1);

    public void Keep(IReadOnlyCollection<ChosenTemplate> choices)
    {
        if (choices.Count == 0 || newest.Count + choices.Count > Most)
        {
            return;
        }

        foreach (var choice in choices)
        {
            newest[choice.FollowUpId] = choice;
            waiting.Enqueue(choice);
        }

        try
        {
            filled.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
    }

    public FollowUp Newest(FollowUp followUp) =>
        followUp.Status == FollowUpStatus.Pending && newest.TryGetValue(followUp.Id, out var choice)
            ? followUp with
            {
                TemplateId = choice.TemplateId,
                Mood = choice.Mood,
            }
            : followUp;

    public ListedFollowUp Newest(ListedFollowUp followUp) =>
        followUp.Status == FollowUpStatus.Pending && newest.TryGetValue(followUp.Id, out var choice)
            ? followUp with
            {
                TemplateId = choice.TemplateId,
            }
            : followUp;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                if (await filled.WaitAsync(KeptAfterWriting, stoppingToken))
                {
                    await WriteAsync(Unwritten());
                }

                Forget();
            }
        }
        catch (OperationCanceledException)
        {
            await WriteAsync(Unwritten());
        }
    }

    private ChosenTemplate[] Unwritten()
    {
        var choices = new List<ChosenTemplate>();
        while (waiting.TryDequeue(out var choice))
        {
            choices.Add(choice);
        }

        return [.. choices];
    }

    private void Forget()
    {
        while (written.TryPeek(out var oldest) && clock.GetElapsedTime(oldest.WrittenAt) > KeptAfterWriting)
        {
            foreach (var choice in written.Dequeue().Choices)
            {
                newest.TryRemove(KeyValuePair.Create(choice.FollowUpId, choice));
            }
        }
    }

    private async Task WriteAsync(ChosenTemplate[] choices)
    {
        try
        {
            await using var command = database.CreateCommand(Sql);
            command.Parameters.Add(Columns.Of(choices.Select(c => c.FollowUpId), NpgsqlDbType.Uuid));
            command.Parameters.Add(Columns.Of(choices.Select(c => c.TemplateId), NpgsqlDbType.Text));
            command.Parameters.Add(Columns.Of(choices.Select(c => (short)c.Mood), NpgsqlDbType.Smallint));
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (NpgsqlException problem)
        {
            LogLost(logger, choices.Length, Faults.Describe(problem));
        }

        written.Enqueue((clock.GetTimestamp(), choices));
    }

    // In key order, like whoever else locks several.
    private const string Sql = """
        WITH chosen AS (
            SELECT f.id, c.template_id, c.mood
            FROM unnest($1, $2, $3) AS c(id, template_id, mood)
            JOIN followups.follow_ups f ON f.id = c.id AND f.status = 0 AND f.fence = 0
            ORDER BY f.id
            FOR NO KEY UPDATE OF f SKIP LOCKED
        )
        UPDATE followups.follow_ups f SET template_id = chosen.template_id, mood = chosen.mood FROM chosen WHERE f.id = chosen.id
        """;

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Count} chosen templates could not be written down; the sending chooses them again: {Fault}"
    )]
    private static partial void LogLost(ILogger logger, int count, string fault);
}
