#define FLAIR_LANES 16
#include "winograd_passes.h"

const flair::TilePasses flair::avx512_tiles = tile_passes("winograd:avx512");
