using Fluid;

namespace FollowUps.Wording;

// One rendering and what it may still spend. Work is counted in characters handled, not in time: the same text ends the same way on a busy
// machine.
internal sealed class Rendering(TemplateOptions options) : TemplateContext(options)
{
    public const int StepLimit = 10_000;
    public const int MaxLength = 100_000;
    private const int MaxWork = 5_000_000;
    private const int CallCost = 100;

    private int work;

    public void Spend(int characters)
    {
        if (characters > MaxLength)
        {
            throw TooLong();
        }

        work += CallCost + characters;
        if (work > MaxWork)
        {
            throw new RenderingException($"It handles more than {MaxWork} characters.");
        }
    }

    public static RenderingException TooLong() => new($"It grows longer than {MaxLength} characters.");
}

// Says what a template does wrong, and nothing of what it was given.
internal sealed class RenderingException(string message) : Exception(message);

internal sealed class LimitedWriter : StringWriter
{
    public override void Write(char value)
    {
        Check(1);
        base.Write(value);
    }

    public override void Write(string? value)
    {
        Check(value?.Length ?? 0);
        base.Write(value);
    }

    public override void Write(char[] buffer, int index, int count)
    {
        Check(count);
        base.Write(buffer, index, count);
    }

    public override void Write(ReadOnlySpan<char> buffer)
    {
        Check(buffer.Length);
        base.Write(buffer);
    }

    private void Check(int more)
    {
        if (GetStringBuilder().Length + more > Rendering.MaxLength)
        {
            throw Rendering.TooLong();
        }
    }
}
