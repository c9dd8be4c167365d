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
    ILogger<ChosenTemplates> logger
) : BackgroundService
{
    private const int Most = 100_000;

    private readonly ConcurrentDictionary<Guid, ChosenTemplate> waiting = new();
    private readonly SemaphoreSlim filled = new(0, 1);

    public void Keep(IReadOnlyCollection<ChosenTemplate> choices)
    {
        if (choices.Count == 0 || waiting.Count + choices.Count > Most)
        {
            return;
        }

        foreach (var choice in choices)
        {
            waiting[choice.FollowUpId] = choice;
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
        followUp.Status == FollowUpStatus.Pending && waiting.TryGetValue(followUp.Id, out var choice)
            ? followUp with
            {
                TemplateId = choice.TemplateId,
                Mood = choice.Mood,
            }
            : followUp;

    public ListedFollowUp Newest(ListedFollowUp followUp) =>
        followUp.Status == FollowUpStatus.Pending && waiting.TryGetValue(followUp.Id, out var choice)
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
                await filled.WaitAsync(stoppingToken);
                await WriteAsync([.. waiting.Values]);
            }
        }
        catch (OperationCanceledException)
        {
            await WriteAsync([.. waiting.Values]);
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
            LogLost(logger, problem, choices.Length);
        }

        foreach (var choice in choices)
        {
            waiting.TryRemove(KeyValuePair.Create(choice.FollowUpId, choice));
        }
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
        Message = "{Count} chosen templates could not be written down; the sending chooses them again"
    )]
    private static partial void LogLost(ILogger logger, Exception problem, int count);
}
