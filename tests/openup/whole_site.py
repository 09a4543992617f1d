"""One of everything that a public page shows, and where it is shown."""

from articles.models import Article, RankingSubject, SitePage, Tag
from tests.factories import (
    make_article,
    make_comment,
    make_issue,
    make_ranking,
    make_staff,
    make_table,
)


class WholeSite:
    """One of everything that a public page shows."""

    def __init__(self):
        self.staff = make_staff()
        self.issue = make_issue()
        self.article = make_article(monthly_issue=self.issue)
        self.tag = Tag(name="열린 자료", slug="open-data")
        self.tag.store()
        self.article.tags.add(self.tag)
        self.article.references.create(title="참고한 글", url="https://example.org/")
        self.ranking = make_ranking()
        self.table = make_table(self.article, self.ranking)
        self.page = SitePage(slug="privacy", title="개인정보처리방침", body="본문")
        self.page.store()
        self.comment = make_comment(self.article)
        self.reply = make_comment(self.article, parent=self.comment)
        self.article.store()

    def paths(self):
        """Return addresses of every kept page, at least one of each route."""
        year, month = self.issue.month.year, f"{self.issue.month.month:02d}"
        lists = [self.article.category.get_absolute_url(), self.tag.get_absolute_url()]
        ranking, subject = self.ranking.get_absolute_url(), RankingSubject.objects.earliest("pk")
        articles = [article.get_absolute_url() for article in Article.objects.all()]
        return [
            *("/", "/articles/", "/articles.json", "/articles/2025/10/", "/feed/"),
            *articles,
            *(f"{path.removesuffix('/')}.json" for path in articles),
            *lists,
            *(f"{path}feed/" for path in lists),
            *("/issues/", f"/issues/{year}/", f"/issues/{year}-{month}/"),
            f"/issues/{year}-{month}.json",
            *("/rankings/", ranking, f"{ranking}embed/", "/corrections/", "/corrections/feed/"),
            *(f"{ranking.removesuffix('/')}.{kind}" for kind in ("json", "csv", "xlsx")),
            *(f"/subjects/{subject.slug}{end}" for end in ("/", ".json", "/feed/")),
            *("/sitemap.xml", "/robots.txt", "/schemas/article.json", "/sitemaps/1.xml"),
            *("/comments/feed/", f"/articles/{self.article.pk}/comments/feed/"),
            f"/comments/{self.comment.pk}/history/",
            self.page.get_absolute_url(),
        ]
