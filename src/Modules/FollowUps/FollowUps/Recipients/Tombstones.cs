using System.Security.Cryptography;
using System.Text;
using FollowUps.Data;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FollowUps.Recipients;

// The keyed hashes (HMAC-SHA-256) under which erased customers are remembered. The secret is read once, before the first request, so that no
// write asks for it.
internal sealed class Tombstones(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    IOptions<FollowUpsOptions> options
) : IHostedService
{
    private byte[]? secret;

    public byte[] Of(string userId) =>
        HMACSHA256.HashData(
            secret ?? throw new InvalidOperationException("The FollowUps module has not been started."),
            Encoding.UTF8.GetBytes(userId)
        );

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.ErasureKey is { } configured)
        {
            secret = Convert.FromBase64String(configured);
            return;
        }

        await using var command = database.CreateCommand("SELECT secret FROM followups.erasure_key");
        secret = (byte[])(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
