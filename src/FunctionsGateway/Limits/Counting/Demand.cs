using System.Runtime.CompilerServices;

namespace FunctionsGateway.Limits.Counting;

/// <summary>What one instance has admitted on one counter lately, in ten slots of time.</summary>
internal struct Demand
{
    private const int Slots = 10;
    private Ring _ring;
    private long _slot;

    /// <summary>Adds <paramref name="amount"/> at <paramref name="moment"/>.</summary>
    public void Note(long amount, TimeSpan moment, TimeSpan slotWidth)
    {
        Advance(moment, slotWidth);
        _ring[(int)(_slot % Slots)] += amount;
    }

    /// <summary>What was admitted in the slot of <paramref name="moment"/> and the <paramref name="before"/> slots before it.</summary>
    public long Recent(int before, TimeSpan moment, TimeSpan slotWidth)
    {
        Advance(moment, slotWidth);
        long sum = 0;
        for (var back = 0; back <= before && back < Slots; back++)
        {
            sum += _ring[(int)((_slot + Slots - back) % Slots)];
        }

        return sum;
    }

    private void Advance(TimeSpan moment, TimeSpan slotWidth)
    {
        var slot = moment.Ticks / slotWidth.Ticks;
        for (var passed = Math.Max(_slot + 1, slot - Slots + 1); passed <= slot; passed++)
        {
            _ring[(int)(passed % Slots)] = 0;
        }

        _slot = Math.Max(_slot, slot);
    }

    [InlineArray(Slots)]
    private struct Ring
    {
        private long _first;
    }
}
