using System.Globalization;

namespace Host.Access;

// build/run keys create --name NAME --scopes A,B [--days N] | list | revoke ID
internal sealed class KeysCommand(ApiKeys keys, TimeProvider clock, TextWriter output)
{
    private static readonly string Usage = $"""
        build/run keys create --name NAME --scopes SCOPE,SCOPE [--days N]   makes a key and shows it, this once
        build/run keys list                                                 all keys, without their secrets
        build/run keys revoke ID                                            ends a key, within seconds
        Scopes: {Scopes.List}
        """;

    public async Task RunAsync(string[] words, CancellationToken cancellationToken = default)
    {
        switch (words)
        {
            case ["create", .. var options]:
                await CreateAsync(options, cancellationToken);
                break;
            case ["list"]:
                await ListAsync(cancellationToken);
                break;
            case ["revoke", var id]:
                await RevokeAsync(id, cancellationToken);
                break;
            default:
                throw new StartException(Usage);
        }
    }

    private async Task CreateAsync(string[] options, CancellationToken cancellationToken)
    {
        string? name = null;
        string[] scopes = [];
        TimeSpan? lifetime = null;
        foreach (var option in options.Chunk(2))
        {
            (name, scopes, lifetime) = option switch
            {
                ["--name", { Length: > 0 and <= 100 } word] => (word, scopes, lifetime),
                ["--scopes", var list] => (name, Known(list.Split(',', StringSplitOptions.TrimEntries)), lifetime),
                ["--days", var days]
                    when int.TryParse(days, CultureInfo.InvariantCulture, out var count) && count is > 0 and < 36_500 =>
                    (name, scopes, (TimeSpan?)TimeSpan.FromDays(count)),
                _ => throw new StartException(Usage),
            };
        }

        if (name is null || scopes.Length == 0)
        {
            throw new StartException(Usage);
        }

        var (key, text) = ApiKey.New(name, scopes, clock.GetUtcNow(), lifetime);
        await keys.AddAsync(key, cancellationToken);
        await output.WriteLineAsync(text);
        await output.WriteLineAsync(
            $"Send it as the header {ApiKeyAuthentication.Header}. It is not shown again; `build/run keys revoke {key.Id}` ends it."
        );
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var all = await keys.ListAsync(cancellationToken);
        if (all.Count == 0)
        {
            await output.WriteLineAsync("There are no keys.");
        }

        foreach (var key in all)
        {
            var state =
                key.RevokedAt is { } revoked ? $"revoked {revoked:u}"
                : key.IsUsable(clock.GetUtcNow()) ? "in use"
                : "expired";
            await output.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{key.Id}  {key.CreatedAt:u}  {state, -28}  {key.Name}  {string.Join(',', key.Scopes)}"
                )
            );
        }
    }

    private async Task RevokeAsync(string id, CancellationToken cancellationToken)
    {
        if (!await keys.RevokeAsync(id, clock.GetUtcNow(), cancellationToken))
        {
            throw new StartException($"There is no key {id}.");
        }

        await output.WriteLineAsync($"The key {id} is revoked.");
    }

    private static string[] Known(string[] scopes) =>
        scopes.Except(Scopes.All).FirstOrDefault() is { } unknown
            ? throw new StartException($"There is no scope {unknown}.\n{Usage}")
            : [.. scopes.Distinct()];
}
