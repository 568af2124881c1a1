#include "processor.h"

#include <dnnl.hpp>

#include "flair_onednn.h"

namespace flair {
namespace {

// Instruction sets are numbered so that one's number has the bits of those that it includes; the numbers differ between versions.
bool has(int isa) { return (static_cast<int>(dnnl::get_effective_cpu_isa()) & isa) == isa; }

}  // namespace

bool has_avx2() { return has(dnnl_cpu_isa_avx2) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool has_avx512() { return has_avx2() && has(dnnl_cpu_isa_avx512_core); }
bool has_bfloat16() { return has_avx512() && has(dnnl_cpu_isa_avx512_core_bf16); }
bool has_matrices() { return has(dnnl_cpu_isa_avx512_core_amx); }
bool has_vnni() { return has(dnnl_cpu_isa_avx512_core_vnni) || has(dnnl_cpu_isa_avx2_vnni); }

}  // namespace flair

using namespace flair;

int32_t flair_onednn_has_bfloat16() { return has_bfloat16(); }

int32_t flair_onednn_has_int8() { return has_avx2(); }

int32_t flair_onednn_has_vnni() { return has_vnni(); }
