"""Whose work a model stands on: the papers that its card cites."""

from __future__ import annotations

from tszoo.models.card.metadata import known_facts
from tszoo.models.config import ModelConfig

_CITATIONS = {
    "archive": (
        "H. A. Dau, A. Bagnall, K. Kamgar, C.-C. M. Yeh, Y. Zhu, S. Gharghabi, C. A. "
        "Ratanamahatana, E. Keogh: The UCR time series archive. IEEE/CAA Journal of Automatica "
        "Sinica 6(6), 2019. "
        "[doi:10.1109/JAS.2019.1911747](https://doi.org/10.1109/JAS.2019.1911747)"
    ),
    "inception": (
        "H. Ismail Fawaz et al.: InceptionTime: Finding AlexNet for time series classification. "
        "Data Mining and Knowledge Discovery 34, 2020. "
        "[doi:10.1007/s10618-020-00710-y](https://doi.org/10.1007/s10618-020-00710-y)"
    ),
    "fcn": (
        "Z. Wang, W. Yan, T. Oates: Time series classification from scratch with deep neural "
        "networks: a strong baseline. IJCNN 2017. "
        "[arXiv:1611.06455](https://arxiv.org/abs/1611.06455)"
    ),
    "convtimenet": (
        "K. Kashiparekh, J. Narwariya, P. Malhotra, L. Vig, G. Shroff: ConvTimeNet: A pre-trained "
        "deep convolutional neural network for time series classification. IJCNN 2019. "
        "[arXiv:1904.12546](https://arxiv.org/abs/1904.12546)"
    ),
    "episodes": (
        "L. Bertinetto, J. F. Henriques, P. H. S. Torr, A. Vedaldi: Meta-learning with "
        "differentiable closed-form solvers. ICLR 2019. "
        "[arXiv:1805.08136](https://arxiv.org/abs/1805.08136)"
    ),
    "transfer": (
        "H. Ismail Fawaz, G. Forestier, J. Weber, L. Idoumghar, P.-A. Muller: Transfer learning "
        "for time series classification. IEEE Big Data 2018. "
        "[arXiv:1811.01533](https://arxiv.org/abs/1811.01533)"
    ),
}
_CITATIONS["resnet"] = _CITATIONS["fcn"]


def citations(config: ModelConfig) -> str:
    """List the papers of the network, the archive and the method, as far as the model used them."""
    keys = [config.architecture]
    if any(known_facts(config)) or config.results.published:
        keys.append("archive")
    if config.is_universal:
        keys.append("episodes")
    if config.base is not None:
        keys.append("transfer")
    return "\n".join(f"- {_CITATIONS[key]}" for key in keys if key in _CITATIONS)
