namespace Benchmarks.Reporting;

// A budget of the design, for the last figure of a line.
internal sealed record Budget(double Limit, bool AtMost)
{
    public static Budget NoMoreThan(double limit) => new(limit, true);

    public static Budget NoLessThan(double limit) => new(limit, false);

    public bool Met(double figure) => AtMost ? figure <= Limit : figure >= Limit;

    public override string ToString() => $"{(AtMost ? "≤" : "≥")} {Limit:#,0.##}";
}

internal sealed record Line(string Operation, string Way, double[] Figures, Budget? Budget = null)
{
    public bool? Met => Budget?.Met(Figures[^1]);
}

// One table: its last column is what budgets judge and what the chart draws.
internal sealed record Section(string Title, string[] Columns, List<Line> Lines);
