using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Flair.OpenJpeg;

/// <summary>
/// An open .jp2 file. GDAL makes a codec for each block it reads, and of an image without tiles it decodes squares whose code-blocks overlap; here
/// the codec stays, so that headers are read once and consecutive areas share their code-blocks. One thread at a time.
/// </summary>
public sealed unsafe class Jpeg2000File : SafeHandle
{
    /// <summary>Bytes read from the file at a time.</summary>
    private const int StreamBuffer = 1 << 16;

    private const int MostMessages = 4;

    private readonly Lock _gate = new();
    private readonly List<string> _messages = [];
    private readonly string _path;
    private GCHandle _self;
    private nint _stream;
    private Native.Image* _image;
    private int _left;
    private int _top;

    private Jpeg2000File(string path)
        : base(0, ownsHandle: true) => _path = path;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>How it is coded.</summary>
    public Jpeg2000Layout Layout { get; private set; } = new(0, 0, 0, 0, 0, 0, 0, false);

    /// <summary>Opens a local file and reads its header.</summary>
    /// <param name="path">The file.</param>
    /// <param name="threads">Threads that decode code-blocks; 1 for none but the caller's.</param>
    /// <exception cref="OpenJpegException">It cannot be opened or is no JPEG 2000 in boxes.</exception>
    public static Jpeg2000File Open(string path, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!OpenJpegRuntime.IsAvailable)
            throw new OpenJpegException("libopenjp2 is not there; run ./flair doctor");
        var file = new Jpeg2000File(path);
        try
        {
            file.Start(threads);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Decodes one tile of all components; <see cref="Copy"/> gives its values.</summary>
    /// <param name="column">Column of tiles, from 0.</param>
    /// <param name="row">Row of tiles, from 0.</param>
    /// <exception cref="OpenJpegException">It could not; open the file again before trying once more.</exception>
    public void DecodeTile(int column, int row)
    {
        Begin();
        int done = Native.opj_get_decoded_tile(this, _stream, _image, (uint)((row * Layout.TileColumns) + column));
        Check(done);
    }

    /// <summary>
    /// Decodes a part of an image that is a single tile. Code-blocks that the area decoded before needed too are not decoded again, so areas of full width
    /// from top to bottom decode each once. OpenJPEG may be off by one where an area ends just short of a code-block that it needs; areas
    /// whose edges are multiples of 256 (or the image's) have the values of the image decoded whole.
    /// </summary>
    /// <param name="x">First column.</param>
    /// <param name="y">First row.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <exception cref="OpenJpegException">It could not; open the file again before trying once more.</exception>
    public void DecodeArea(int x, int y, int width, int height)
    {
        Begin();
        int done = Native.opj_set_decode_area(this, _image, _left + x, _top + y, _left + x + width, _top + y + height);
        Check(done != 0 ? Native.opj_decode(this, _stream, _image) : 0);
    }

    /// <summary>Copies a part of what was decoded last as bytes, clamped to 0…255.</summary>
    /// <param name="component">The component, from 0.</param>
    /// <param name="x">First column of the image.</param>
    /// <param name="y">First row of the image.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="target">Takes the first value.</param>
    /// <param name="lineSpacing">Bytes from a row to the next.</param>
    public void Copy(int component, int x, int y, int width, int height, byte* target, long lineSpacing)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)component, _image->ComponentCount, nameof(component));
        var decoded = _image->Components + component;
        long left = (long)x + _left - decoded->Left, top = (long)y + _top - decoded->Top;
        if (decoded->Data == null || left < 0 || top < 0 || left + width > decoded->Width || top + height > decoded->Height)
            throw new OpenJpegException($"{_path}: {width}x{height} pixels at column {x}, row {y} were not decoded");
        for (int row = 0; row < height; row++)
        {
            var from = decoded->Data + ((top + row) * decoded->Width) + left;
            ToBytes(new ReadOnlySpan<int>(from, width), new Span<byte>(target + (row * lineSpacing), width));
        }

        GC.KeepAlive(this); // the decoded values are freed with it
    }

    /// <summary>Frees what was decoded last: four bytes a value, which would otherwise stay until the next is decoded.</summary>
    public void FreeDecoded()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        for (uint i = 0; i < _image->ComponentCount; i++)
        {
            var component = _image->Components + i;
            Native.opj_image_data_free(component->Data);
            component->Data = null;
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Native.opj_destroy_codec(handle);
        if (_stream != 0)
            Native.opj_stream_destroy(_stream);
        if (_image != null)
            Native.opj_image_destroy(_image);
        if (_self.IsAllocated)
            _self.Free();
        return true;
    }

    private static void ToBytes(ReadOnlySpan<int> values, Span<byte> bytes)
    {
        int x = 0, step = Vector<byte>.Count, quarter = Vector<int>.Count;
        var most = new Vector<int>(byte.MaxValue);
        for (; x <= values.Length - step; x += step)
        {
            var low = Vector.Narrow(Clamp(values, x), Clamp(values, x + quarter));
            var high = Vector.Narrow(Clamp(values, x + (2 * quarter)), Clamp(values, x + (3 * quarter)));
            Vector.Narrow(low, high).As<sbyte, byte>().CopyTo(bytes[x..]);
        }

        for (; x < values.Length; x++)
            bytes[x] = (byte)Math.Clamp(values[x], byte.MinValue, byte.MaxValue);

        Vector<int> Clamp(ReadOnlySpan<int> from, int at) => Vector.Min(Vector.Max(new Vector<int>(from[at..]), Vector<int>.Zero), most);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnError(byte* message, void* user)
    {
        // Comes from OpenJPEG's threads too. An exception must not cross into C.
        try
        {
            if (GCHandle.FromIntPtr((nint)user).Target is Jpeg2000File file)
                file.Note(Marshal.PtrToStringUTF8((nint)message));
        }
#pragma warning disable CA1031 // see above
        catch
        {
        }
#pragma warning restore CA1031
    }

    private void Start(int threads)
    {
        SetHandle(Native.opj_create_decompress(Native.Jp2));
        if (IsInvalid)
            throw new OpenJpegException("OpenJPEG has no decoder");
        _self = GCHandle.Alloc(this, GCHandleType.Weak);
        _ = Native.opj_set_error_handler(this, &OnError, (void*)GCHandle.ToIntPtr(_self));
        var parameters = stackalloc byte[Native.ParametersSize];
        Native.opj_set_default_decoder_parameters(parameters);
        *(uint*)(parameters + Native.ParametersFlags) |= Native.ComponentsAsCoded;
        Check(Native.opj_setup_decoder(this, parameters));
        if (threads > 1)
            _ = Native.opj_codec_set_threads(this, threads);
        _stream = Native.opj_stream_create_file_stream(_path, StreamBuffer, 1);
        if (_stream == 0)
            throw new OpenJpegException($"{_path} cannot be opened");
        Native.Image* image = null;
        int read = Native.opj_read_header(_stream, this, &image);
        _image = image;
        Check(read);
        Layout = Describe();
    }

    private Jpeg2000Layout Describe()
    {
        var info = Native.opj_get_cstr_info(this);
        if (info == null || _image == null || _image->ComponentCount == 0)
            throw new OpenJpegException($"{_path} is not a JPEG 2000 image");
        (_left, _top) = ((int)_image->Left, (int)_image->Top);
        int width = (int)(_image->Right - _image->Left), height = (int)(_image->Bottom - _image->Top);
        bool bytes = info->TileLeft == _image->Left && info->TileTop == _image->Top;
        for (uint i = 0; i < _image->ComponentCount; i++)
        {
            var component = _image->Components + i;
            bytes &= component->StepX == 1 && component->StepY == 1 && component->Precision == 8 && component->IsSigned == 0;
        }

        int tileWidth = (int)Math.Min(info->TileWidth, int.MaxValue), tileHeight = (int)Math.Min(info->TileHeight, int.MaxValue);
        var layout = new Jpeg2000Layout(width, height, (int)_image->ComponentCount, tileWidth, tileHeight, (int)info->TileColumns, (int)info->TileRows, bytes);
        Native.opj_destroy_cstr_info(&info);
        return layout;
    }

    private void Begin()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        lock (_gate)
            _messages.Clear();
    }

    /// <summary>An error that OpenJPEG told but went on after is one too: pixels are missing.</summary>
    private void Check(int done)
    {
        lock (_gate)
        {
            if (done == 0 || _messages.Count > 0)
                throw new OpenJpegException($"{_path}: {(_messages.Count > 0 ? string.Join("; ", _messages) : "OpenJPEG failed and said nothing")}");
        }
    }

    private void Note(string? message)
    {
        lock (_gate)
        {
            var text = string.Join(' ', (message ?? "").Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            if (_messages.Count < MostMessages && !_messages.Contains(text))
                _messages.Add(text);
        }
    }
}
