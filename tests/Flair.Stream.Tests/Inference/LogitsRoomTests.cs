using System.Diagnostics;
using Flair.Inference;

namespace Flair.Tests.Inference;

/// <summary>The bound of the logits that workers have in memory.</summary>
public sealed class LogitsRoomTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(200);

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 3)]
    [InlineData(16, 20)]
    public async Task There_is_room_for_a_batch_a_worker_and_one_for_four_that_waits(int workers, int batches)
    {
        var room = LogitsRoom.For(workers);
        for (var i = 0; i < batches; i++)
            await Task.Run(room.Take).WaitAsync(s_long);

        await AssertWaits(Task.Run(room.Take));
    }

    [Fact]
    public async Task Who_finds_none_waits_until_one_is_given_back()
    {
        var room = new LogitsRoom(1, s_long);
        var first = room.Take();
        var second = Task.Run(room.Take);
        await AssertWaits(second);

        first.Dispose();

        await second.WaitAsync(s_long);
    }

    [Fact]
    public async Task A_place_is_given_back_once()
    {
        var room = new LogitsRoom(1, s_long);
        var first = room.Take();
        first.Dispose();
        using var second = room.Take();

        first.Dispose();

        await AssertWaits(Task.Run(room.Take));
    }

    [Fact]
    public void Who_has_waited_long_enough_goes_on_and_has_nothing_to_give_back()
    {
        var room = new LogitsRoom(1, s_moment);
        using var first = room.Take();

        room.Take().Dispose();

        var start = Stopwatch.GetTimestamp();
        room.Take();
        Assert.InRange(Stopwatch.GetElapsedTime(start), 0.9 * s_moment, s_long);
    }

    private static async Task AssertWaits(Task task)
    {
        await Task.Delay(s_moment);
        Assert.False(task.IsCompleted);
    }
}
