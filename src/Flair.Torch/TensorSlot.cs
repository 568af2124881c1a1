namespace Flair.Torch;

/// <summary>
/// The current tensor of a chain of operations. Putting the next one in disposes the one before, so that a forward pass holds no more
/// intermediates than it needs; disposing the slot disposes the last, also when an operation in between fails.
/// </summary>
/// <example><code>
/// using var x = new TensorSlot(input.Conv2d(weight));
/// x.Put(x.Value.Relu());      // the convolution's output is freed here
/// return x.Take();
/// </code></example>
/// <param name="first">The first tensor, owned by the slot from now on; null: empty.</param>
public sealed class TensorSlot(Tensor? first = null) : IDisposable
{
    private Tensor? _value = first;

    /// <summary>The current tensor, still owned by the slot.</summary>
    /// <exception cref="InvalidOperationException">The slot is empty.</exception>
    public Tensor Value => _value ?? throw new InvalidOperationException("the slot holds no tensor");

    /// <summary>Disposes the current tensor and owns <paramref name="next"/> instead.</summary>
    public void Put(Tensor next)
    {
        if (!ReferenceEquals(_value, next))
            _value?.Dispose();
        _value = next;
    }

    /// <summary>Gives the current tensor up to the caller and leaves the slot empty.</summary>
    /// <exception cref="InvalidOperationException">The slot is empty.</exception>
    public Tensor Take()
    {
        var taken = Value;
        _value = null;
        return taken;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _value?.Dispose();
        _value = null;
    }
}
