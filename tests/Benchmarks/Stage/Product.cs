using Host;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Benchmarks.Stage;

// The real program on a given database, listening on a free port.
internal sealed class Product(FollowUpsHost host) : IAsyncDisposable
{
    public ISender Modules { get; } = host.App.Services.GetRequiredService<ISender>();

    public HttpClient Http { get; } = new() { BaseAddress = new Uri(host.App.Urls.First()) };

    public IServiceProvider Services => host.App.Services;

    public static async Task<Product> StartAsync(
        string connectionString,
        Action<WebApplicationBuilder>? customise = null
    )
    {
        var host = await FollowUpsHost.CreateAsync(
            // Where only this machine can call, a Host in development asks for no key.
            ["--environment", "Development"],
            builder =>
            {
                builder.WebHost.UseUrls("http://127.0.0.1:0");
                builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:Postgres", connectionString)]);
                builder.Logging.ClearProviders();
                customise?.Invoke(builder);
            }
        );
        await host.MigrateAsync();
        await host.StartAsync();
        return new Product(host);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await host.DisposeAsync();
    }
}
