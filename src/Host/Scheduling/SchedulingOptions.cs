using System.Text.RegularExpressions;

namespace Host.Scheduling;

/// <summary>What an operator may set under <c>Scheduling</c>.</summary>
internal sealed partial class SchedulingOptions
{
    /// <summary>Where the Host finds its options.</summary>
    public const string Section = "Scheduling";

    /// <summary>False on a Host that only answers calls. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The IANA zone that every cron expression is read in. Default UTC.</summary>
    public string TimeZone { get; set; } = "UTC";

    /// <summary>Changes to single works, by name.</summary>
    public Dictionary<string, WorkOptions> Work { get; } = new(StringComparer.Ordinal);

    /// <summary>What an operator may set for one work.</summary>
    internal sealed class WorkOptions
    {
        /// <summary>False: it never runs. Default true.</summary>
        public bool Enabled { get; set; } = true;

        /// <summary>Six fields, seconds first, weekdays by name. Default: that of the list.</summary>
        public string? Cron { get; set; }
    }

    public IReadOnlyList<RecurringWork> Apply(IReadOnlyList<RecurringWork> list)
    {
        if (Work.Keys.Except(list.Select(work => work.Name)).FirstOrDefault() is { } unknown)
        {
            throw new StartException(
                $"{Section}:Work:{unknown} names no recurring work. There are: {string.Join(", ", list.Select(w => w.Name))}."
            );
        }

        return
        [
            .. list.Where(work => Enabled && Work.GetValueOrDefault(work.Name) is not { Enabled: false })
                .Select(work => work with { Cron = Work.GetValueOrDefault(work.Name)?.Cron ?? work.Cron })
                .Select(work => SixFields.IsMatch(work.Cron) ? work : throw NoCron(work)),
        ];
    }

    public TimeZoneInfo Zone =>
        TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out var zone)
            ? zone
            : throw new StartException($"{Section}:TimeZone: there is no time zone {TimeZone}.");

    public static StartException NoCron(RecurringWork work) =>
        new(
            $"{Section}:Work:{work.Name}:Cron: \"{work.Cron}\" is no cron expression of six fields, seconds first and weekdays by name."
        );

    // Schedulers count weekdays from different days, so they go by name.
    [GeneratedRegex(@"^([0-9*/,-]+ ){4}[0-9A-Z*/,-]+ [A-Z*,-]+$")]
    private static partial Regex SixFields { get; }
}
