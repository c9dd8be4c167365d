using FollowUps.Data;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FollowUps.Recipients;

// Reads the secret once, before the first delivery.
internal sealed class UnsubscribeKeyLoader(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    IOptions<FollowUpsOptions> options,
    UnsubscribeLinks links
) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.UnsubscribeKey is { } configured)
        {
            links.Use(Convert.FromBase64String(configured));
            return;
        }

        await using var command = database.CreateCommand("SELECT secret FROM followups.unsubscribe_key");
        links.Use((byte[])(await command.ExecuteScalarAsync(cancellationToken))!);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
