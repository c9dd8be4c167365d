using System.Reflection;
using Host;
using Host.Access;
using Host.Postgres;
using Microsoft.Extensions.Options;

try
{
    // Run by the build: src/Host/Host.csproj.
    if (Assembly.GetEntryAssembly()?.GetName().Name == "GetDocument.Insider")
    {
        await FollowUpsHost.Describe(args).RunAsync();
        return 0;
    }

    await using var host = await FollowUpsHost.CreateAsync(args);
    if (args is ["migrate", ..])
    {
        await host.MigrateAsync();
        return 0;
    }

    if (args is ["keys", .. var words])
    {
        await host.PrepareAsync();
        await ActivatorUtilities.CreateInstance<KeysCommand>(host.App.Services, Console.Out).RunAsync(words);
        return 0;
    }

    await host.RunAsync();
    return 0;
}
// The last: a setting that is none of its kind, as letters for a number.
catch (Exception problem)
    when (problem
            is EmbeddedPostgresException
                or StartException
                or OptionsValidationException
                or InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" }
    )
{
    await Console.Error.WriteLineAsync(problem.Message);
    return 1;
}
