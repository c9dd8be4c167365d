using System.Globalization;
using System.Net;
using System.Text;

namespace Benchmarks.Reporting;

// Horizontal bars, one for each line of a section: green within its budget, red beyond, grey without one; a tick marks the budget.
internal static class SvgChart
{
    private const int Row = 24;
    private const int Head = 44;
    private const int Labels = 330;
    private const int Bars = 420;
    private const int Width = Labels + Bars + 110;

    public static string Draw(IReadOnlyList<Section> sections)
    {
        var height = sections.Sum(section => Head + Row * section.Lines.Count) + 16;
        var svg = new StringBuilder();
        svg.AppendLine(
            CultureInfo.InvariantCulture,
            $"""<svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{height}" font-family="sans-serif" font-size="13">"""
        );
        svg.AppendLine("""<rect width="100%" height="100%" fill="#ffffff"/>""");
        var top = 0;
        foreach (var section in sections)
        {
            Text(svg, 12, top + 30, "start", $"{section.Title}: {section.Columns[^1]}", "bold");
            top += Head;
            var largest = section.Lines.Max(line => Math.Max(line.Figures[^1], line.Budget?.Limit ?? 0));
            foreach (var line in section.Lines)
            {
                Bar(svg, top, line, largest);
                top += Row;
            }
        }

        return svg.AppendLine("</svg>").ToString();
    }

    private static void Bar(StringBuilder svg, int top, Line line, double largest)
    {
        double Across(double figure) => largest == 0 ? 0 : figure / largest * Bars;
        var figure = line.Figures[^1];
        var colour = line.Met switch
        {
            true => "#2e8b57",
            false => "#c0392b",
            null => "#9aa5b1",
        };
        Text(svg, Labels - 10, top + 16, "end", $"{line.Operation}, {line.Way}");
        svg.AppendLine(
            CultureInfo.InvariantCulture,
            $"""<rect x="{Labels}" y="{top + 4}" width="{Math.Max(1, Across(figure)):0.#}" height="{Row - 8}" fill="{colour}"/>"""
        );
        if (line.Budget is { } budget)
        {
            svg.AppendLine(
                CultureInfo.InvariantCulture,
                $"""<rect x="{Labels + Across(budget.Limit):0.#}" y="{top + 1}" width="2" height="{Row - 2}" fill="#1f2933"/>"""
            );
        }

        Text(
            svg,
            Labels + (int)Across(Math.Max(figure, line.Budget?.Limit ?? 0)) + 8,
            top + 16,
            "start",
            Number(figure)
        );
    }

    private static string Number(double figure) =>
        figure.ToString(figure < 100 ? "0.##" : "#,0", CultureInfo.InvariantCulture);

    private static void Text(StringBuilder svg, int x, int y, string anchor, string text, string weight = "normal") =>
        svg.AppendLine(
            CultureInfo.InvariantCulture,
            $"""<text x="{x}" y="{y}" text-anchor="{anchor}" font-weight="{weight}" fill="#1f2933">{WebUtility.HtmlEncode(text)}</text>"""
        );
}
