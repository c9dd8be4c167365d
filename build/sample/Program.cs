using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Sample;
using Spectre.Console;

// Sample [address] [--first]: loads the week into the service there. --first: only into one that holds nothing yet. FOLLOWUPS_KEY: an API key,
// where the service wants one.
Console.OutputEncoding = Encoding.UTF8;

// Started by a script its input is not a terminal; the bar needs only the output to be one.
AnsiConsole.Profile.Capabilities.Interactive = !Console.IsOutputRedirected;
var address = args.FirstOrDefault(arg => !arg.StartsWith('-')) ?? "http://localhost:5080";
using var http = new HttpClient { BaseAddress = new Uri(address) };
var key = Environment.GetEnvironmentVariable("FOLLOWUPS_KEY") ?? "";
if (key.Length > 0)
{
    http.DefaultRequestHeaders.Add("X-Api-Key", key);
}

using var stopping = new CancellationTokenSource();
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stopping.Cancel();
}

using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    var loader = new SampleLoader(http, SampleWeek.Read());
    await loader.UntilReadyAsync(stopping.Token);
    try
    {
        if (!args.Contains("--first") || await loader.IsFirstAsync(stopping.Token))
        {
            AnsiConsole.Write(Table(await LoadAsync(loader), await loader.DeliveredAsync(stopping.Token)));
        }
    }
    catch (HttpRequestException refused) when (SampleLoader.WhyLeftOut(refused, key.Length > 0) is { } why)
    {
        // Who gave a key, or asked for the week, asked for more than is done.
        if (key.Length > 0 || !args.Contains("--first"))
        {
            await Console.Error.WriteLineAsync(why);
            return 1;
        }

        Console.WriteLine(why);
    }

    foreach (var (path, what) in Addresses())
    {
        Console.WriteLine($"  {what, -20} {address.TrimEnd('/')}{path}");
    }

    return 0;
}
catch (HttpRequestException problem)
{
    await Console.Error.WriteLineAsync(problem.Message);
    return 1;
}
catch (OperationCanceledException)
{
    return 130;
}

// Loads, then waits for the first follow-ups to leave.
Task<LoadReport> LoadAsync(SampleLoader loader) =>
    AnsiConsole
        .Progress()
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new SpinnerColumn())
        .StartAsync(async progress =>
        {
            var load = progress.AddTask("Loading a week of a catering company");
            var leave = progress.AddTask("Its first follow-ups leave", autoStart: false);
            var report = await loader.LoadAsync((done, all) => load.MaxValue(all).Value(done), stopping.Token);
            load.Value(load.MaxValue);
            leave.StartTask();
            if (!report.AlreadyThere)
            {
                var before = (await loader.DeliveredAsync(stopping.Token)).Count;
                var due = await loader.DueAsync(report.Loaded.AddSeconds(20), stopping.Token);
                leave.MaxValue(Math.Max(1, before + due));
                while (leave.Value < leave.MaxValue && DateTimeOffset.UtcNow < report.Loaded.AddSeconds(45))
                {
                    await Task.Delay(250, stopping.Token);
                    leave.Value(Math.Min(leave.MaxValue, (await loader.DeliveredAsync(stopping.Token)).Count));
                }
            }

            leave.Value(leave.MaxValue);
            return report;
        });

static Table Table(LoadReport report, IReadOnlyList<TimeSpan?> delivered)
{
    var table = new Table()
        .Border(TableBorder.Simple)
        .AddColumns("", "count", "p50 ms", "p95 ms")
        .Caption(
            report.AlreadyThere
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"This week was loaded already, at {report.Anchor:u}: nothing was changed."
                )
                : "The time of a delivery is how late it left."
        );
    foreach (var column in table.Columns.Skip(1))
    {
        column.RightAligned();
    }

    foreach (var row in LoadReport.Rows)
    {
        AddRow(row, report.Count(row), report.Took(row));
    }

    AddRow("delivered", delivered.Count, [.. delivered.OfType<TimeSpan>()]);
    return table;

    void AddRow(string name, int count, IReadOnlyList<TimeSpan> times) =>
        table.AddRow(name, $"{count}", Milliseconds(times, 0.5), Milliseconds(times, 0.95));
}

static string Milliseconds(IReadOnlyList<TimeSpan> times, double share) =>
    LoadReport.Percentile(times, share)?.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture) ?? "";

static (string Path, string What)[] Addresses() =>
    [
        ("/scalar", "Every call"),
        ("/openapi/v1.json", "Its description"),
        ("/api/v1/conversations/whitlock-anniversary", "A furious customer"),
        ("/api/v1/follow-ups?status=pending", "What will leave"),
        ("/api/v1/outbox", "What has left"),
    ];
