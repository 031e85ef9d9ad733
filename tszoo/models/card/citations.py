"""Whose work a model stands on: the papers that its card cites."""

from __future__ import annotations

from tszoo.models.card.markdown import code
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


_BIBTEX = {
    "archive": """\
@article{dau2019ucr,
  title = {The {UCR} time series archive},
  author = {Dau, Hoang Anh and Bagnall, Anthony and Kamgar, Kaveh and Yeh, Chin-Chia Michael and
            Zhu, Yan and Gharghabi, Shaghayegh and Ratanamahatana, Chotirat Ann and Keogh, Eamonn},
  journal = {IEEE/CAA Journal of Automatica Sinica},
  volume = {6},
  number = {6},
  pages = {1293--1305},
  year = {2019},
  doi = {10.1109/JAS.2019.1911747}
}""",
    "inception": """\
@article{ismailfawaz2020inceptiontime,
  title = {{InceptionTime}: Finding {AlexNet} for time series classification},
  author = {Ismail Fawaz, Hassan and Lucas, Benjamin and Forestier, Germain and
            Pelletier, Charlotte and Schmidt, Daniel F. and Weber, Jonathan and
            Webb, Geoffrey I. and Idoumghar, Lhassane and Muller, Pierre-Alain and
            Petitjean, Fran{\\c{c}}ois},
  journal = {Data Mining and Knowledge Discovery},
  volume = {34},
  year = {2020},
  doi = {10.1007/s10618-020-00710-y}
}""",
    "fcn": """\
@inproceedings{wang2017time,
  title = {Time series classification from scratch with deep neural networks: a strong baseline},
  author = {Wang, Zhiguang and Yan, Weizhong and Oates, Tim},
  booktitle = {International Joint Conference on Neural Networks},
  year = {2017},
  eprint = {1611.06455},
  archiveprefix = {arXiv}
}""",
    "convtimenet": """\
@inproceedings{kashiparekh2019convtimenet,
  title = {{ConvTimeNet}: A pre-trained deep convolutional neural network for time series
           classification},
  author = {Kashiparekh, Kathan and Narwariya, Jyoti and Malhotra, Pankaj and Vig, Lovekesh and
            Shroff, Gautam},
  booktitle = {International Joint Conference on Neural Networks},
  year = {2019},
  eprint = {1904.12546},
  archiveprefix = {arXiv}
}""",
    "episodes": """\
@inproceedings{bertinetto2019meta,
  title = {Meta-learning with differentiable closed-form solvers},
  author = {Bertinetto, Luca and Henriques, Jo{\\~a}o F. and Torr, Philip H. S. and
            Vedaldi, Andrea},
  booktitle = {International Conference on Learning Representations},
  year = {2019},
  eprint = {1805.08136},
  archiveprefix = {arXiv}
}""",
    "transfer": """\
@inproceedings{ismailfawaz2018transfer,
  title = {Transfer learning for time series classification},
  author = {Ismail Fawaz, Hassan and Forestier, Germain and Weber, Jonathan and
            Idoumghar, Lhassane and Muller, Pierre-Alain},
  booktitle = {IEEE International Conference on Big Data},
  year = {2018},
  eprint = {1811.01533},
  archiveprefix = {arXiv}
}""",
}
_BIBTEX["resnet"] = _BIBTEX["fcn"]


def bibtex(key: str) -> str:
    """Return the BibTeX entry of a paper: ``"archive"``, or an architecture's name."""
    return _BIBTEX[key]


def citations(config: ModelConfig) -> str:
    """List the papers of the network, the archive and the method, as far as the model used them.

    First as people read them, then in BibTeX.
    """
    keys = [config.architecture]
    if any(known_facts(config)) or config.results.published:
        keys.append("archive")
    if config.is_universal:
        keys.append("episodes")
    if config.base is not None:
        keys.append("transfer")
    papers = [key for key in keys if key in _CITATIONS]
    if not papers:
        return ""
    listed = "\n".join(f"- {_CITATIONS[key]}" for key in papers)
    entries = code("bibtex", *map(bibtex, papers))
    return f"{listed}\n\n{entries}"
