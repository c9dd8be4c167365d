using System.Diagnostics;
using FluentValidation;
using Host.Telemetry;
using MediatR;

namespace Host.Pipeline;

internal sealed class TelemetryBehavior<TRequest, TResponse>(Instruments instruments)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
{
    public async Task<TResponse> Handle(
        TRequest request,
        RequestHandlerDelegate<TResponse> next,
        CancellationToken cancellationToken
    )
    {
        var operation = Operation.NameOf(request);
        using var activity = Instruments.Source.StartActivity(operation);
        var crossings = Crossings.Begin();
        var started = Stopwatch.GetTimestamp();
        Exception? failure = null;
        try
        {
            return await next(cancellationToken);
        }
        catch (Exception problem)
        {
            activity?.SetStatus(ActivityStatusCode.Error, problem.GetType().Name);
            instruments.Failed(operation, problem);
            failure = problem;
            throw;
        }
        finally
        {
            activity?.SetTag(Crossings.Tag, crossings.Count);
            // Refused in microseconds: that says nothing of how long the operation takes.
            if (failure is not ValidationException)
            {
                instruments.Took(operation, Stopwatch.GetElapsedTime(started), crossings.Count, failure);
            }
        }
    }
}
