using System.Globalization;

namespace Benchmarks;

// What the command line says.
internal sealed record Arguments(string Mode, int RoundTrip, int Rounds, bool Small, bool Profile, string Folder)
{
    public const string Usage = """
        build/bench [rtt|cost|throughput|bulk|dispatch|scale|crash|micro|all] [options]
          rtt          crossings of each operation over a slow link, as time (default: all)
          cost         what a single call costs the service in memory and in time of its processors
          throughput   16 loops: store and schedule against the same SQL on bare Npgsql and against the reference system
          bulk         ingest against COPY, bulk schedule against a plain insert
          dispatch     20 000 due follow-ups without a provider's cost, and how late an idle dispatcher is
          scale        every operation's p50 at 10 000 messages and at 10 million (five minutes)
          crash        50 SIGKILLs over three Hosts that send 5 000 follow-ups, the server crashed and connections cut meanwhile; not in all
          micro        BenchmarkDotNet over what is pure CPU
          --rtt 270         round trip of the link in milliseconds, default 100
          --rounds 40       repetitions of each measurement
          --scale small     200 000 messages instead of 10 million, in half a minute
          --profile         list the dearest statements of each run (needs PostgreSQL's pg_stat_statements)
          --out folder      where JSON and SVG go, default artifacts/bench
        """;

    // The arguments, or what is wrong with them.
    public static (Arguments? Parsed, string? Problem) Parse(string[] args)
    {
        string? mode = null;
        var parsed = new Arguments("all", 100, 40, false, false, Path.Combine("artifacts", "bench"));
        for (var i = 0; i < args.Length; i++)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            switch (args[i])
            {
                case "rtt" or "cost" or "throughput" or "bulk" or "dispatch" or "scale" or "crash" or "micro" or "all":
                    if (mode is not null)
                    {
                        return (null, $"'{mode}' and '{args[i]}': one at a time, or all.");
                    }

                    mode = args[i];
                    break;
                case "--profile":
                    parsed = parsed with { Profile = true };
                    break;
                case "--scale" when value is "small" or "full":
                    parsed = parsed with { Small = value == "small" };
                    i++;
                    break;
                case "--out" when value.Length > 0:
                    parsed = parsed with { Folder = value };
                    i++;
                    break;
                case "--rtt" when Number(value) is { } milliseconds:
                    parsed = parsed with { RoundTrip = milliseconds };
                    i++;
                    break;
                case "--rounds" when Number(value) is { } rounds:
                    parsed = parsed with { Rounds = rounds };
                    i++;
                    break;
                case "--scale":
                    return (null, $"--scale is small or full, not '{value}'.");
                case "--out":
                    return (null, "--out wants a folder.");
                case "--rtt" or "--rounds":
                    return (null, $"{args[i]} wants a whole number from 1 to {Most}, not '{value}'.");
                default:
                    return (null, $"'{args[i]}' is neither a mode nor an option.");
            }
        }

        return (parsed with { Mode = mode ?? parsed.Mode }, null);
    }

    private const int Most = 10_000;

    private static int? Number(string text) =>
        int.TryParse(text, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= Most ? number : null;
}
