// What this processor has, as far as oneDNN knows it and is let use it (ONEDNN_MAX_CPU_ISA).
#pragma once

namespace flair {

bool has_avx2();      // and FMA
bool has_avx512();    // F, BW, DQ, VL
bool has_bfloat16();  // AVX-512 BF16
bool has_matrices();  // AMX
bool has_vnni();      // of AVX-512 or AVX

}  // namespace flair
