using Microsoft.Extensions.Options;

namespace FollowUps.Delivery;

// At start, with everything that is wrong in one message.
internal sealed class ChannelOptionsCheck : IValidateOptions<ChannelOptions>
{
    public ValidateOptionsResult Validate(string? name, ChannelOptions options)
    {
        var problems = options.Email.Problems().Concat(WebhookOptions.Problems(options.Webhooks)).ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
