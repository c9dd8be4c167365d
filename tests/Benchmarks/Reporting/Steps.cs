using System.Diagnostics;
using Spectre.Console;

namespace Benchmarks.Reporting;

// Shows how far a long step is and how long it still takes: a bar on a terminal, else a line at every quarter.
internal static class Steps
{
    public static async Task<T> RunAsync<T>(string name, int steps, Func<Action, Task<T>> work)
    {
        if (AnsiConsole.Profile.Capabilities.Interactive)
        {
            return await AnsiConsole
                .Progress()
                .Columns(
                    new TaskDescriptionColumn(),
                    new ProgressBarColumn(),
                    new PercentageColumn(),
                    new RemainingTimeColumn()
                )
                .StartAsync(context =>
                {
                    var task = context.AddTask(Markup.Escape(name), maxValue: steps);
                    return work(() => task.Increment(1));
                });
        }

        var clock = Stopwatch.StartNew();
        var done = 0;
        Console.WriteLine($"{name} …");
        return await work(() =>
        {
            done++;
            if (done * 4 / steps > (done - 1) * 4 / steps)
            {
                var left = clock.Elapsed / done * (steps - done);
                Console.WriteLine(
                    $"  {done * 100 / steps} % after {clock.Elapsed.TotalSeconds:0} s, about {left.TotalSeconds:0} s left"
                );
            }
        });
    }
}
