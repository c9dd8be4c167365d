namespace MediatR;

/// <summary>What every request is, with or without a response.</summary>
public interface IBaseRequest;

/// <summary>A request without a response.</summary>
public interface IRequest : IBaseRequest;

/// <summary>A request that is answered by a <typeparamref name="TResponse" />.</summary>
public interface IRequest<out TResponse> : IBaseRequest;

/// <summary>A request that is answered by a stream of <typeparamref name="TResponse" />.</summary>
public interface IStreamRequest<out TResponse>;

/// <summary>Something that happened, told to everyone who listens.</summary>
public interface INotification;

/// <summary>The answer of a request that has none: a type with one value.</summary>
public readonly struct Unit : IEquatable<Unit>, IComparable<Unit>, IComparable
{
    private static readonly Unit TheOne;

    /// <summary>The one value.</summary>
    public static ref readonly Unit Value => ref TheOne;

    /// <summary>A finished task with the one value.</summary>
    public static Task<Unit> Task { get; } = System.Threading.Tasks.Task.FromResult(TheOne);

    /// <inheritdoc />
    public int CompareTo(Unit other) => 0;

    int IComparable.CompareTo(object? obj) => 0;

    /// <inheritdoc />
    public bool Equals(Unit other) => true;

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is Unit;

    /// <inheritdoc />
    public override int GetHashCode() => 0;

    /// <inheritdoc />
    public override string ToString() => "()";

    /// <summary>All units are equal.</summary>
    public static bool operator ==(Unit left, Unit right) => true;

    /// <summary>No two units differ.</summary>
    public static bool operator !=(Unit left, Unit right) => false;

    /// <summary>No unit precedes another.</summary>
    public static bool operator <(Unit left, Unit right) => false;

    /// <summary>All units are equal.</summary>
    public static bool operator <=(Unit left, Unit right) => true;

    /// <summary>No unit follows another.</summary>
    public static bool operator >(Unit left, Unit right) => false;

    /// <summary>All units are equal.</summary>
    public static bool operator >=(Unit left, Unit right) => true;
}
