namespace Host.Scheduling;

// The seam: an adapter knows when; what a run means is said once, in RecurringRuns.
internal interface IRecurringScheduler : IHostedService
{
    bool IsRunning { get; }

    // Null when the expression never fires again; a FormatException when it cannot be read.
    DateTimeOffset? NextAfter(string cron, DateTimeOffset instant);
}
