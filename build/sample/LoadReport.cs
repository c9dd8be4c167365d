namespace Sample;

// What became of the requests, by outcome: how many, and how long each took.
internal sealed class LoadReport
{
    public const string Stored = "stored";
    public const string StoredInBatch = "stored in one batch";
    public const string Scheduled = "scheduled";
    public const string Duplicates = "duplicates refused";
    public const string Suppressed = "suppressed";
    public const string Changed = "other changes";

    public static readonly string[] Rows = [Stored, StoredInBatch, Scheduled, Duplicates, Suppressed, Changed];

    private readonly Dictionary<string, (int Count, List<TimeSpan> Took)> outcomes = Rows.ToDictionary(
        row => row,
        _ => (0, new List<TimeSpan>())
    );

    // The moment that the week's times are told from.
    public DateTimeOffset Anchor { get; set; }

    // When the last of it was told, by this load or by one before.
    public DateTimeOffset Loaded { get; set; }

    public bool AlreadyThere { get; set; }

    public int Count(string row) => outcomes[row].Count;

    public IReadOnlyList<TimeSpan> Took(string row) => outcomes[row].Took;

    public void Add(string row, TimeSpan? took, int count = 1)
    {
        var (before, times) = outcomes[row];
        if (took is { } time)
        {
            times.Add(time);
        }

        outcomes[row] = (before + count, times);
    }

    public static TimeSpan? Percentile(IReadOnlyList<TimeSpan> times, double share) =>
        times.Count == 0 ? null : times.Order().ElementAt((int)Math.Ceiling(share * times.Count) - 1);
}
