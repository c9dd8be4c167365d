using FluentValidation;
using MediatR;

namespace Architecture.Tests.Planted;

// Each breaks a rule on purpose: the rules' tests show that it is found.
public sealed record Orphan(string UserId) : IRequest<int>;

public sealed record Twice(string UserId) : IRequest<int>;

public sealed record Inputless : IRequest<int>;

public sealed class PublicHandler : IRequestHandler<Twice, int>
{
    public Task<int> Handle(Twice request, CancellationToken cancellationToken) => Task.FromResult(1);
}

internal sealed class TwiceHandler : IRequestHandler<Twice, int>
{
    public Task<int> Handle(Twice request, CancellationToken cancellationToken) => Task.FromResult(2);
}

internal sealed class InputlessHandler : IRequestHandler<Inputless, int>
{
    public Task<int> Handle(Inputless request, CancellationToken cancellationToken) => Task.FromResult(0);
}

internal sealed class StrayValidator : AbstractValidator<Orphan>;

public record Open(int Value);

public sealed record Mutable
{
    public int Value { get; set; }
}

public sealed class Plain;
