using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;
using Fluid;
using Fluid.Ast;
using Fluid.Ast.BinaryExpressions;

namespace FollowUps.Wording;

// What a text was parsed to, with the names it uses and where they stand.
internal sealed record ParsedLiquid(
    IFluidTemplate Template,
    IReadOnlyCollection<string> Names,
    IReadOnlyList<MarkupPart> Parts
);

// The part of Liquid that words a message: no files, no ranges, no captures, nothing that can grow without its template growing.
internal static partial class Liquid
{
    private static readonly FrozenSet<string> Tags = FrozenSet.Create(
        StringComparer.Ordinal,
        "assign",
        "break",
        "case",
        "comment",
        "continue",
        "for",
        "if",
        "unless",
        "#"
    );

    private static readonly FluidParser Parser = NewParser();

    public static ParsedLiquid Parse(string source)
    {
        var parts = Markup.Scan(source);
        IFluidTemplate parsed;
        try
        {
            parsed = Parser.Parse(source);
        }
        catch (ParseException problem)
        {
            throw Located(source, problem.Message);
        }

        var reader = new Reader();
        var template = reader.VisitTemplate(parsed);
        if (reader.HasRange)
        {
            throw new LiquidException(
                parts.Find(part => part.Text.Contains("..", StringComparison.Ordinal)).Start,
                "Ranges are not available: loop over a list."
            );
        }

        foreach (var filter in reader.Filters)
        {
            if (!LiquidFilters.Names.Contains(filter))
            {
                throw new LiquidException(
                    Markup.Find(parts, filter, isFilter: true),
                    $"There is no filter '{filter}'."
                );
            }
        }

        return new ParsedLiquid(template, [.. reader.Used.Except(reader.Assigned, StringComparer.Ordinal)], parts);
    }

    public static string Position(string source, int offset)
    {
        var before = source.AsSpan(0, Math.Min(offset, source.Length));
        return $"Line {before.Count('\n') + 1}, column {before.Length - before.LastIndexOf('\n')}";
    }

    private static FluidParser NewParser()
    {
        var parser = new FluidParser();
        foreach (var tag in parser.RegisteredTags.Keys.Where(tag => !Tags.Contains(tag)).ToList())
        {
            parser.RegisteredTags.Remove(tag);
        }

        return parser;
    }

    // "End of tag '}}' was expected at (1:5)", and the source after it.
    private static LiquidException Located(string source, string message)
    {
        var match = ParserMessage.Match(message);
        if (!match.Success)
        {
            return new LiquidException(0, "It is not Liquid.");
        }

        var offset = 0;
        for (var line = int.Parse(match.Groups["line"].ValueSpan, CultureInfo.InvariantCulture); line > 1; line--)
        {
            offset = source.IndexOf('\n', offset) + 1;
        }

        return new LiquidException(
            offset + int.Parse(match.Groups["column"].ValueSpan, CultureInfo.InvariantCulture) - 1,
            $"{match.Groups["what"].Value}."
        );
    }

    [GeneratedRegex(@"\A(?<what>.+?)(\. To enable .*)? at \((?<line>\d+):(?<column>\d+)\)")]
    private static partial Regex ParserMessage { get; }

    // Notes what a template uses and puts the outputs that escape in the place of the library's.
    private sealed class Reader : AstRewriter
    {
        public HashSet<string> Used { get; } = new(StringComparer.Ordinal);
        public HashSet<string> Assigned { get; } = new(StringComparer.Ordinal);
        public HashSet<string> Filters { get; } = new(StringComparer.Ordinal);
        public bool HasRange { get; private set; }

        protected override Expression VisitMemberExpression(MemberExpression memberExpression)
        {
            foreach (var segment in memberExpression.Segments)
            {
                if (segment is IndexerSegment indexer)
                {
                    Visit(indexer.Expression);
                }
            }

            if (memberExpression.Segments[0] is IdentifierSegment name)
            {
                Used.Add(name.Identifier);
            }

            return base.VisitMemberExpression(memberExpression);
        }

        protected override Expression VisitFilterExpression(FilterExpression filterExpression)
        {
            Filters.Add(filterExpression.Name);
            return base.VisitFilterExpression(filterExpression);
        }

        protected override Expression VisitRangeExpression(RangeExpression rangeExpression)
        {
            HasRange = true;
            return base.VisitRangeExpression(rangeExpression);
        }

        protected override Statement VisitAssignStatement(AssignStatement assignStatement)
        {
            Assigned.Add(assignStatement.Identifier);
            return base.VisitAssignStatement(assignStatement);
        }

        protected override Statement VisitForStatement(ForStatement forStatement)
        {
            Assigned.Add(forStatement.Identifier);
            Assigned.Add("forloop");
            return base.VisitForStatement(forStatement);
        }

        protected override Statement VisitIfStatement(IfStatement ifStatement) =>
            new CountedStatement(base.VisitIfStatement(ifStatement), 1 + (ifStatement.ElseIfs?.Count ?? 0));

        protected override Statement VisitUnlessStatement(UnlessStatement unlessStatement) =>
            new CountedStatement(base.VisitUnlessStatement(unlessStatement), 20);

        protected override Expression VisitContainsBinaryExpression(ContainsBinaryExpression contains) =>
            new ContainsBinaryExpression(Counted(contains.Left), Counted(contains.Right));

        protected override Expression VisitEqualBinaryExpression(EqualBinaryExpression equal) =>
            new EqualBinaryExpression(Counted(equal.Left), Counted(equal.Right));

        protected override Expression VisitNotEqualBinaryExpression(NotEqualBinaryExpression notEqual) =>
            new NotEqualBinaryExpression(Counted(notEqual.Left), Counted(notEqual.Right));

        protected override Statement VisitWhenStatement(WhenStatement whenStatement)
        {
            var visited = (WhenStatement)base.VisitWhenStatement(whenStatement);
            return new WhenStatement([.. visited.Options.Select(o => new CountedValue(o))], visited.Statements);
        }

        private CountedValue Counted(Expression expression) => new(Visit(expression));

        protected override Statement VisitCaseStatement(CaseStatement caseStatement) =>
            new CountedStatement(base.VisitCaseStatement(caseStatement), 20);

        protected override Statement VisitOutputStatement(OutputStatement outputStatement) =>
            new EscapedOutput(Visit(outputStatement.Expression));
    }
}
