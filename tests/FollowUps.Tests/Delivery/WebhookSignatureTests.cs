using System.Text;
using FollowUps.Delivery;

namespace FollowUps.Tests.Delivery;

public sealed class WebhookSignatureTests
{
    // The example of the specification's reference libraries.
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    private static string Sign(params string[] secrets) =>
        WebhookSignature.Of(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1614265330,
            Encoding.UTF8.GetBytes("""{"test": 2432232314}"""),
            secrets.Select(secret => WebhookSignature.Key(secret)!)
        );

    [Fact]
    public void Is_the_one_that_the_specification_computes() => Assert.Equal(Signature, Sign(Secret));

    [Fact]
    public void Has_one_for_the_old_secret_too_while_a_new_one_takes_over()
    {
        var other = $"whsec_{Convert.ToBase64String(new byte[32])}";

        Assert.Equal($"{Sign(other)} {Signature}", Sign(other, Secret));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_not base64")]
    [InlineData("whsec_c2hvcnQ=")]
    public void What_is_no_secret_has_no_key(string? secret) => Assert.Null(WebhookSignature.Key(secret));
}
