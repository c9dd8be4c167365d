using System.Text.Encodings.Web;
using Fluid;
using Fluid.Ast;
using Fluid.Values;

namespace FollowUps.Wording;

// Whatever a value went through, it is escaped where it is written. The library trusts what its filters call safe, and lists: there,
// `escape | append: x` and `reverse` let markup through.
internal sealed class EscapedOutput(Expression expression) : Statement
{
    public override async ValueTask<Completion> WriteToAsync(
        TextWriter writer,
        TextEncoder encoder,
        TemplateContext context
    )
    {
        context.IncrementSteps();
        var value = await expression.EvaluateAsync(context);
        var text =
            value.Type == FluidValues.Number
                ? value.ToNumberValue().ToString(context.CultureInfo)
                : value.ToStringValue();
        ((Rendering)context).Spend(text.Length);
        await writer.WriteAsync(
            encoder is HtmlEncoder
                ? encoder.Encode(text.ReplaceLineEndings("\n")).Replace("&#xA;", "<br>\n", StringComparison.Ordinal)
                : text
        );
        return Completion.Normal;
    }

    protected override Statement Accept(AstVisitor visitor) => visitor.VisitOtherStatement(this);
}
