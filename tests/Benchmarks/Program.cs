using Benchmarks;
using Benchmarks.Modes;
using Benchmarks.Reporting;
using Benchmarks.Stage;
using Spectre.Console;

var (arguments, problem) = Arguments.Parse(args);
if (arguments is null)
{
    Console.Error.WriteLine(problem);
    Console.Error.WriteLine(Arguments.Usage);
    return 2;
}

if (!AnsiConsole.Profile.Out.IsTerminal)
{
    AnsiConsole.Profile.Width = 150;
}

if (arguments.Mode == "micro")
{
    Micro.Run(arguments.Folder);
    return 0;
}

await using var server = await Server.StartAsync(arguments.Profile);
var facts = await server.FactsAsync();
AnsiConsole.WriteLine($"{facts["machine"]}; {facts["dotnet"]}; PostgreSQL {facts["postgres.server_version"]}");
(string Name, Func<Task<Section[]>> Run)[] modes =
[
    ("rtt", () => RoundTrips.RunAsync(server, arguments)),
    ("cost", () => Cost.RunAsync(server, arguments)),
    ("throughput", () => Throughput.RunAsync(server, arguments)),
    ("bulk", () => Bulk.RunAsync(server, arguments)),
    ("dispatch", () => Dispatch.RunAsync(server, arguments)),
    ("crash", () => Crash.RunAsync(server)),
    ("scale", () => Scale.RunAsync(server, arguments)),
];

var missed = 0;
foreach (
    var (name, run) in modes.Where(mode =>
        arguments.Mode == mode.Name || (arguments.Mode is "all" && mode.Name is not "crash")
    )
)
{
    var sections = await run();
    foreach (var section in sections)
    {
        Report.Print(section);
    }

    AnsiConsole.WriteLine($"{await Report.WriteAsync(arguments.Folder, name, facts, sections)}.json, .svg");
    if (arguments.Profile)
    {
        (await server.ProfileAsync(name)).ForEach(AnsiConsole.WriteLine);
    }

    missed += sections.Sum(section => section.Lines.Count(line => line.Met == false));
}

AnsiConsole.WriteLine(missed == 0 ? "Every budget is met." : $"{missed} budgets are missed.");
return missed == 0 ? 0 : 1;
