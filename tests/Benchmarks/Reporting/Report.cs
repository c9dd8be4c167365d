using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace Benchmarks.Reporting;

internal static class Report
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerOptions.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void Print(Section section)
    {
        var table = new Table().Title(Markup.Escape(section.Title)).Border(TableBorder.Rounded);
        table.AddColumns(["operation", "way"]);
        foreach (var column in section.Columns)
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        table.AddColumns(["budget", "verdict"]);
        foreach (var line in section.Lines)
        {
            table.AddRow([
                Markup.Escape(line.Operation),
                Markup.Escape(line.Way),
                .. line.Figures.Select(Number),
                line.Budget?.ToString() ?? "",
                line.Met switch
                {
                    true => "[green]met[/]",
                    false => "[red]missed[/]",
                    null => "",
                },
            ]);
        }

        AnsiConsole.Write(table);
    }

    public static async Task<string> WriteAsync(
        string folder,
        string mode,
        Dictionary<string, string> facts,
        IReadOnlyList<Section> sections
    )
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, mode);
        await File.WriteAllTextAsync(
            $"{path}.json",
            JsonSerializer.Serialize(
                new
                {
                    mode,
                    takenAt = DateTimeOffset.UtcNow,
                    facts,
                    sections = sections.Select(section => new
                    {
                        section.Title,
                        lines = section.Lines.Select(line => new
                        {
                            line.Operation,
                            line.Way,
                            figures = section
                                .Columns.Zip(line.Figures)
                                .ToDictionary(pair => pair.First, pair => Math.Round(pair.Second, 4)),
                            budget = line.Budget?.ToString(),
                            line.Met,
                        }),
                    }),
                },
                Json
            )
        );
        await File.WriteAllTextAsync($"{path}.svg", SvgChart.Draw(sections));
        return path;
    }

    private static string Number(double figure) =>
        figure.ToString(figure < 100 ? "0.00" : "#,0", CultureInfo.InvariantCulture);
}
