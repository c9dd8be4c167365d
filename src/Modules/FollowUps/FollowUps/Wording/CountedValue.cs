using Fluid;
using Fluid.Ast;
using Fluid.Values;

namespace FollowUps.Wording;

// What is compared is read from end to end: a condition on a long text or list costs what that is long.
internal sealed class CountedValue(Expression inner) : Expression
{
    public override async ValueTask<FluidValue> EvaluateAsync(TemplateContext context)
    {
        var value = await inner.EvaluateAsync(context);
        ((Rendering)context).Spend(LiquidFilters.Size(value));
        return value;
    }

    protected override Expression Accept(AstVisitor visitor) => visitor.VisitOtherExpression(this);
}
