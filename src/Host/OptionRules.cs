using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace Host;

// Holds options to their attributes at start and names each by the key that an operator sets: ValidateDataAnnotations names a property.
internal static class OptionRules
{
    public static OptionsBuilder<T> CheckAtStart<T>(this OptionsBuilder<T> options, string section)
        where T : class
    {
        options.Services.AddSingleton<IValidateOptions<T>>(new Check<T>(section));
        return options.ValidateOnStart();
    }

    public static IEnumerable<string> Problems(string section, object options) =>
        (
            from property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
            from rule in property.GetCustomAttributes<ValidationAttribute>()
            let problem = Problem(rule, property.GetValue(options))
            where problem is not null
            select $"{section}:{property.Name} {problem}"
        ).Distinct();

    private static string? Problem(ValidationAttribute rule, object? value)
    {
        if (rule is not RangeAttribute range)
        {
            return rule.IsValid(value) ? null : rule.ErrorMessage;
        }

        (range.ParseLimitsInInvariantCulture, range.ConvertValueInInvariantCulture) = (true, true);
        var bounds = FormattableString.Invariant(
            range.MinimumIsExclusive
                ? (FormattableString)$"must be above {range.Minimum} and at most {range.Maximum}"
                : $"must be between {range.Minimum} and {range.Maximum}"
        );
        return range.IsValid(value) ? null : FormattableString.Invariant($"{bounds}; it is {value}.");
    }

    private sealed class Check<T>(string section) : IValidateOptions<T>
        where T : class
    {
        public ValidateOptionsResult Validate(string? name, T options) =>
            Problems(section, options).ToList() is { Count: > 0 } problems
                ? ValidateOptionsResult.Fail(problems)
                : ValidateOptionsResult.Success;
    }
}
