using System.Text.Encodings.Web;
using Fluid;
using Fluid.Ast;

namespace FollowUps.Wording;

// The library counts no conditions: in a loop over a long list they are what takes the time.
internal sealed class CountedStatement(Statement inner, int conditions) : Statement
{
    public override ValueTask<Completion> WriteToAsync(TextWriter writer, TextEncoder encoder, TemplateContext context)
    {
        for (var i = 0; i < conditions; i++)
        {
            ((Rendering)context).Spend(0);
        }

        return inner.WriteToAsync(writer, encoder, context);
    }

    protected override Statement Accept(AstVisitor visitor) => visitor.VisitOtherStatement(this);
}
