using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Conversations.Data;

// Reads the secret once, before the first request, so that no write asks for it.
internal sealed class ErasureKeyLoader(
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database,
    IOptions<ConversationsOptions> options,
    TombstoneKeys keys
) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.ErasureKey is { } configured)
        {
            keys.Use(Convert.FromBase64String(configured));
            return;
        }

        await using var command = database.CreateCommand("SELECT secret FROM conversations.erasure_key");
        keys.Use((byte[])(await command.ExecuteScalarAsync(cancellationToken))!);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
