using CsCheck;
using FollowUps.Dispatch;

namespace FollowUps.Tests.Dispatch;

public sealed class BackoffTests
{
    [Fact]
    public void Lies_between_nothing_and_the_ceiling_whatever_the_attempt() =>
        Gen.Select(Gen.Int[1, 100], Gen.Int[10, 86_400_000], Gen.Int[10, 86_400_000])
            .Sample(
                (attempt, first, most) =>
                {
                    var options = new FollowUpsOptions
                    {
                        BackoffBase = TimeSpan.FromMilliseconds(first),
                        BackoffMax = TimeSpan.FromMilliseconds(most),
                    };
                    var ceiling = Math.Min(first * Math.Pow(2, attempt - 1), most);

                    Assert.InRange(Backoff.After(attempt, options).TotalMilliseconds, 0, ceiling);
                }
            );
}
