using System.Text;
using FunctionsGateway.Secrets;
using FunctionsGateway.Upstream;

namespace FunctionsGateway.Tests.Upstream;

public sealed class KeyMaskTests
{
    private const string Key = "sk-0123/4567+89abcdef";

    [Theory]
    [InlineData("a sk-0123/4567+89abcdef b", "a ********************* b")]
    [InlineData("sk-0123/4567+89abcdefsk-0123/4567+89abcdef", "******************************************")]
    [InlineData(@"sk-0123\/4567+89abcdef", "**********************")]
    [InlineData(@"a\nsk-0123/4567\u002B89abcdef", @"a\n**************************")]
    [InlineData(@"\u0073k-0123\u002f4567\u002b89abcdef.", "************************************.")]
    [InlineData(@"ssk-0123\/4567+89abcdef", "s**********************")]
    [InlineData(@"sk-0123\/4567+89abcdeg \u0073 \u00e9 \/", @"sk-0123\/4567+89abcdeg \u0073 \u00e9 \/")]
    [InlineData("sk-0123/4567+89abcdeg", "sk-0123/4567+89abcdeg")]
    public void Covers_the_key_in_any_spelling(string text, string covered)
    {
        var bytes = Encoding.UTF8.GetBytes(text);

        KeyMask.Of(new Secret(Key))!.Cover(bytes);

        Assert.Equal(covered, Encoding.UTF8.GetString(bytes));
    }

    [Theory]
    [InlineData("nothing", 0)]
    [InlineData("a s", 1)]
    [InlineData("a sk-0123/4567+89abcde", 20)]
    [InlineData(@"a \", 1)]
    [InlineData(@"a \u00", 4)]
    [InlineData(@"a \u0073k-\u00", 12)]
    [InlineData(@"a \u0074", 0)]
    [InlineData("sk-0123/4567+89abcdef", 0)]
    [InlineData("", 0)]
    public void Tells_how_much_of_the_end_may_become_the_key(string text, int held) => Assert.Equal(held, KeyMask.Of(new Secret(Key))!.Held(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ollama")]
    public void Leaves_words_alone(string? key) => Assert.Null(KeyMask.Of(key is null ? null : new Secret(key)));
}
