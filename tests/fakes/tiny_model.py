"""A real model in CTranslate2's format, small enough to be made by hand: it shouts.

In: a folder. Out: model.bin, vocabulary, config and two sentencepiece models, as a converted
OPUS-MT model has them. Never: training of weights: they are written down.

The pieces are single characters. The transformer has one layer in which only one thing
happens: from place i of the translation it looks at place i of the source, and what it finds
there it writes in capitals. A character it does not know stays unknown, as in any model.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import sentencepiece
from ctranslate2.specs import TransformerSpec, common_spec

#: Pieces of a sentence, its end included.
PLACES = 480
_LETTERS = "abcdefghijklmnopqrstuvwxyzéèëïöü"
_SIGNS = "0123456789 .,;:!?'\"()<>/&-“”‘’%…$"


def make_model(folder: Path, *, adds_end: bool = True, stops: bool = True) -> None:
    """Write a model into `folder`; `stops`: it knows when a sentence has ended.

    `adds_end`: it puts the end behind a sentence by itself. Of the two ways to convert an
    OPUS-MT model one sets this and one does not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "source.spm"
    _train(source)
    (folder / "target.spm").write_bytes(source.read_bytes())
    processor = sentencepiece.SentencePieceProcessor(model_file=str(source))
    pieces = [processor.id_to_piece(number) for number in range(processor.get_piece_size())]
    spec = _spec(pieces)
    if not stops:
        spec.decoder.projection.weight[pieces.index("</s>")] = -1
    spec.register_source_vocabulary(pieces)
    spec.register_target_vocabulary(pieces)
    spec.config.add_source_eos = adds_end
    spec.config.decoder_start_token = "</s>"
    spec.validate()
    spec.optimize()
    spec.save(str(folder))


def _train(file: Path) -> None:
    characters = _LETTERS + _LETTERS.upper() + _SIGNS
    with file.open("wb") as writer:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter([" ".join(characters), characters] * 3),
            model_writer=writer,
            model_type="char",
            vocab_size=len(characters) + 3,
            character_coverage=1.0,
            normalization_rule_name="identity",
            hard_vocab_limit=False,
            minloglevel=2,
        )


def _spec(pieces: list[str]) -> TransformerSpec:
    known, size = len(pieces), len(pieces) + PLACES
    spec = TransformerSpec.from_config((1, 1), 1, pre_norm=True, no_final_norm=True)
    # The first dimensions say which piece it is, the others which place.
    words = np.eye(known, size, dtype=np.float32)
    places = np.eye(PLACES, size, k=known, dtype=np.float32)
    see_word = np.diag(np.r_[np.ones(known), np.zeros(PLACES)]).astype(np.float32)
    see_place = np.diag(np.r_[np.zeros(known), np.ones(PLACES)]).astype(np.float32)
    nothing = np.zeros((size, size), dtype=np.float32)

    encoder, decoder = spec.encoder, spec.decoder
    encoder.embeddings[0].weight = words
    decoder.embeddings.weight = words
    for half in (encoder, decoder):
        half.scale_embeddings = False
        half.position_encodings.encodings = places
        layer = half.layer[0]
        _norm(layer.self_attention.layer_norm, size)
        _linear(layer.self_attention.linear[0], np.concatenate([nothing] * 3))
        _linear(layer.self_attention.linear[1], nothing)
        _norm(layer.ffn.layer_norm, size)
        _linear(layer.ffn.linear_0, nothing)
        _linear(layer.ffn.linear_1, nothing)
    decoder.start_from_zero_embedding = True
    look = decoder.layer[0].attention
    _norm(look.layer_norm, size)
    _linear(look.linear[0], see_place * 60)
    _linear(look.linear[1], np.concatenate([see_place, see_word]))
    _linear(look.linear[2], see_word * 50)
    _linear(decoder.projection, _louder(pieces, size))
    return spec


def _louder(pieces: list[str], size: int) -> np.ndarray:
    """From the piece that was seen to the piece that is written: itself, or its capital."""
    weight = np.zeros((len(pieces), size), dtype=np.float32)
    for number, piece in enumerate(pieces):
        loud = piece.upper() if piece.upper() in pieces and number > 2 else piece
        weight[pieces.index(loud), number] = 1
    return weight


def _linear(spec: common_spec.LinearSpec, weight: np.ndarray) -> None:
    spec.weight = weight
    spec.bias = np.zeros(weight.shape[0], dtype=np.float32)


def _norm(spec: common_spec.LayerNormSpec, size: int) -> None:
    spec.gamma = np.ones(size, dtype=np.float32)
    spec.beta = np.zeros(size, dtype=np.float32)
