"""Small documents in our own words, as 한글 and Word write them."""

import io
import zipfile
from html import escape

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cf"
    "c0000003010100c9fe92ef0000000049454e44ae426082"
)


def package(parts):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, part in parts.items():
            packed.writestr(name, part)
    return content.getvalue()


def docx(body, numbering="", **more):
    """Return a .docx of the paragraphs and tables in `body`; `more` parts by their short name."""
    override = (
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
        'officedocument.wordprocessingml.document.main+xml"/>'
    )
    return package(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
            'content-types"><Default Extension="xml" ContentType="application/xml"/>'
            f'<Default Extension="png" ContentType="image/png"/>{override}</Types>',
            "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{R}/'
            'officeDocument" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'<w:document xmlns:w="{W}" xmlns:r="{R}" xmlns:mc="http://schemas'
            '.openxmlformats.org/markup-compatibility/2006" xmlns:wp="http://schemas.openxmlformats'
            '.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/'
            'drawingml/2006/main" xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/'
            f'picture"><w:body>{body}</w:body></w:document>',
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship '
            f'Id="n" Type="{R}/numbering" Target="numbering.xml"/><Relationship Id="s" Type="{R}/'
            f'styles" Target="styles.xml"/><Relationship Id="i" Type="{R}/image" Target="media/'
            f'a.png"/><Relationship Id="l" Type="{R}/hyperlink" Target="https://a.kr/1" '
            f'TargetMode="External"/><Relationship Id="f" Type="{R}/footnotes" '
            'Target="footnotes.xml"/></Relationships>',
            "word/numbering.xml": f'<w:numbering xmlns:w="{W}">{numbering}</w:numbering>',
            "word/styles.xml": f'<w:styles xmlns:w="{W}"><w:style w:type="paragraph" w:styleId="H">'
            '<w:name w:val="heading 1"/></w:style><w:style w:type="paragraph" w:styleId="L2">'
            '<w:name w:val="List Bullet 2"/></w:style></w:styles>',
            "word/media/a.png": PIXEL,
            **{f"word/{name}.xml": f'<w:x xmlns:w="{W}">{xml}</w:x>' for name, xml in more.items()},
        }
    )


def paragraph(text, properties="", run=""):
    return (
        f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:rPr>{run}</w:rPr>"
        f'<w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'
    )


def word_table(rows):
    """Return a table; a cell is a text, (text, columns), or None below a merged one."""
    xml = ""
    for row in rows:
        xml += "<w:tr>"
        for cell in row:
            text, across = cell if isinstance(cell, tuple) else (cell, 1)
            merge = '<w:vMerge w:val="restart"/>' if text == "순위" else ""
            merge = "<w:vMerge/>" if text is None else merge
            xml += f'<w:tc><w:tcPr><w:gridSpan w:val="{across}"/>{merge}</w:tcPr>'
            xml += paragraph(text or "") + "</w:tc>"
        xml += "</w:tr>"
    return f"<w:tbl>{xml}</w:tbl>"


HP = "http://www.hancom.co.kr/hwpml/2011/paragraph"
HH = "http://www.hancom.co.kr/hwpml/2011/head"


def hwpx(body, head=""):
    """Return a .hwpx of the paragraphs in `body`; `head` holds paragraph properties and bullets."""
    items = (
        '<item id="header" href="Contents/header.xml"/>'
        '<item id="section0" href="Contents/section0.xml"/>'
        '<item id="image1" href="BinData/a.png"/>'
    )
    return package(
        {
            "mimetype": "application/hwp+zip",
            "Contents/content.hpf": f"<package><manifest>{items}</manifest><spine>"
            '<itemref idref="header"/><itemref idref="section0"/></spine></package>',
            "Contents/header.xml": f'<hh:head xmlns:hh="{HH}" xmlns:hc="c">{head}</hh:head>',
            "Contents/section0.xml": f'<hs:sec xmlns:hs="s" xmlns:hp="{HP}" xmlns:hc="c">{body}'
            "</hs:sec>",
            "BinData/a.png": PIXEL,
        }
    )


def hwp_paragraph(content, style="0"):
    """Return a paragraph of a text, or of the XML of a run."""
    inner = content if content.startswith("<") else f"<hp:t>{escape(content)}</hp:t>"
    return f'<hp:p paraPrIDRef="{style}"><hp:run charPrIDRef="0">{inner}</hp:run></hp:p>'


def hwp_table(rows):
    """Return a table's XML; a cell is (text, columns, rows) or a text."""
    xml = ""
    for row in rows:
        xml += "<hp:tr>"
        for cell in row:
            text, across, down = cell if isinstance(cell, tuple) else (cell, 1, 1)
            xml += f"<hp:tc><hp:subList>{hwp_paragraph(text)}</hp:subList>"
            xml += f'<hp:cellSpan colSpan="{across}" rowSpan="{down}"/></hp:tc>'
        xml += "</hp:tr>"
    return f"<hp:tbl>{xml}</hp:tbl>"
